-- What the standard library has: every name and its type, so that nothing is lacking.
local function names(prefix, library, seen)
  local list = {}
  for name, value in pairs(library) do
    list[#list + 1] = { name = tostring(name), value = value }
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  for _, entry in ipairs(list) do
    print(prefix .. entry.name, type(entry.value))
    if type(entry.value) == "table" and not seen[entry.value] and prefix == "" then
      seen[entry.value] = true
      names(entry.name .. ".", entry.value, seen)
    end
  end
end
arg = nil
package.loaded = package.loaded
names("", _G, { [_G] = true, [package.loaded] = true })
names("file:", getmetatable(io.stdout).__index, {})
names("string meta ", getmetatable(""), {})
print(_VERSION, package.config)
