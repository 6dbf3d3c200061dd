-- The basic functions, each with what it does at its edges.
-- pcall's results as one text, so that none is lost in a list of arguments.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]):gsub("0x%x+", "ADDRESS") end
  return table.concat(results, " ", 1, results.n)
end
print(assert(1, 2, 3), try(assert, false), try(assert, nil, "why"), try(assert))
print(select("#", assert(1, nil, nil)))
print(collectgarbage("count") > 0, collectgarbage(), collectgarbage("step"), collectgarbage("isrunning"))
print(collectgarbage("stop"), collectgarbage("isrunning"), collectgarbage("restart"))
print(collectgarbage("incremental"), collectgarbage("generational"), collectgarbage("incremental"))
print(try(collectgarbage, "nothing"))

local name = os.tmpname()
local file = assert(io.open(name, "w"))
file:write("# a first line that is skipped\nreturn ..., 7\n")
file:close()
print(dofile(name))
print(loadfile(name)("given"))
print(loadfile(name, "b"))
file = assert(io.open(name, "w"))
file:write("return = 1\n")
file:close()
local chunk, why = loadfile(name)
print(chunk, (why:gsub("^.-:", "FILE:")))
os.remove(name)
print(pcall(dofile, name) == false, (select(2, loadfile(name)):gsub(name, "FILE")))

print(try(error), try(error, nil), try(error, "text"), try(error, "text", 0), try(error, {}) )
print(select(2, pcall(function() error("here") end)))
print(select(2, pcall(function() error("caller", 2) end)))
print(select(2, pcall(error, setmetatable({}, { __tostring = function() return "an object" end }))))

local meta = setmetatable({}, { __metatable = "locked" })
print(getmetatable(meta), try(setmetatable, meta, {}), getmetatable({}), getmetatable("").__index == string)
print(try(setmetatable, 1, {}), try(setmetatable, {}, 1), try(getmetatable))

for i, v in ipairs({ 1, 2, nil, 4 }) do io.write(i, "=", v, " ") end
for i, v in ipairs(setmetatable({}, { __index = function(_, i) if i < 4 then return i * i end end })) do io.write(i, "=", v, " ") end
print()
for k, v in pairs(setmetatable({}, { __pairs = function() return function(_, k) if not k then return 1, 2 end end end })) do print(k, v) end
print(next({}), next({ 5 }), next({ 5 }, 1), try(next, {}, 1), try(next, 1))

print(load("return 1 + 1")(), load("syntax error here"), load("return x", "name", "t", { x = "mine" })())
local pieces = { "return ", "'pieces", " of text'", nil }
local at = 0
print(load(function() at = at + 1 return pieces[at] end)())
print(load(string.dump(function(a) return a * 2 end), "dumped", "b")(21), load(string.dump(function() end), "d", "t"))
print(load(function() error("from the reader") end), load(function() return {} end))

print(try(function(...) return select("#", ...), ... end, nil, nil))
print(try(42), xpcall(function() error("E", 0) end, function(m) return "handled " .. m end))
print(xpcall(function(...) return ... end, print, 1, 2), xpcall(error, function(m) return type(m) end))
print(try(xpcall), xpcall(function() error("first", 0) end, function(m) error("second", 0) end))

print(rawequal("a", "a"), rawequal({}, {}), rawlen({ 1, 2 }), rawlen("abc"), try(rawlen, 1))
local guarded = setmetatable({}, { __index = function() return "by meta" end, __newindex = function() end, __len = function() return 99 end, __eq = function() return true end })
guarded.x = 1
print(rawget(guarded, "x"), guarded.x, rawset(guarded, "x", 2) == guarded, guarded.x, #guarded, rawlen(guarded))
print(try(rawset, guarded, nil, 1), try(rawget, 1, 1))
print(select(2, "a", "b", "c"), select(-1, "a", "b", "c"), select("#"), try(select, 0), try(select, -5, 1))

print(tonumber("10"), tonumber("0x1p4"), tonumber("  12  "), tonumber("1e1"), tonumber("1 2"), tonumber(""), tonumber("0x"))
print(tonumber("10", 2), tonumber("zz", 36), tonumber("8", 8), tonumber("-ff", 16), tonumber("7fffffffffffffff", 16), tonumber({}))
print(tonumber("9223372036854775807"), tonumber("9223372036854775808"), tonumber("1e400"), tonumber("nan"), tonumber("inf"))
print(try(tonumber), try(tonumber, "1", 1), try(tonumber, "1", 37), try(tonumber, 1, 10))
print(tostring(nil), tostring(true), tostring(-0.0), tostring(1e15), tostring(1e100), tostring(2^53), tostring(1/0), tostring(-1/0))
print(tostring(setmetatable({}, { __tostring = function() return "named" end })), (tostring(setmetatable({}, { __name = "KIND" })):gsub("0x%x+", "ADDRESS")))
print(try(tostring, setmetatable({}, { __tostring = function() return 1 end })), try(tostring))
print(type(nil), type(1), type("s"), type({}), type(print), type(coroutine.create(print)), type(io.stdout), try(type))
warn("@on")
warn("@off")
print(_G._G == _G, _VERSION, require == package.loaded._G.require)
