-- The utf8 library and the debug library.
-- pcall's results as one text, so that none is lost in a list of arguments.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]):gsub("0x%x+", "ADDRESS") end
  return table.concat(results, " ", 1, results.n)
end
local text = "aé€😀"
print(utf8.char(97, 233, 8364, 128512) == text, utf8.char(), utf8.charpattern == "[\0-\x7F\xC2-\xFD][\x80-\xBF]*", #text, utf8.len(text))
print(utf8.codepoint(text, 1, -1), utf8.codepoint(text, 2), try(utf8.codepoint, text, 3), try(utf8.codepoint, text, 1, 20))
for at, code in utf8.codes(text) do io.write(at, ":", code, " ") end
print(utf8.len("\xff"), utf8.len("abc\x80"), utf8.len(text, 3), utf8.len(text, -4), utf8.len("", 1), try(utf8.len, "abc", 5))
print(utf8.offset(text, 3), utf8.offset(text, -1), utf8.offset(text, 0, 4), utf8.offset(text, 10), utf8.offset(text, 5), try(utf8.offset, text, 1, 3))
print(try(function() for _ in utf8.codes("a\xffb") do end end), utf8.len("\u{D7FF}"), utf8.len("\xed\xa0\x80"), utf8.len("\xed\xa0\x80", 1, -1, true), utf8.char(0x7FFFFFFF):byte(1, -1))
for char in text:gmatch(utf8.charpattern) do io.write(#char, " ") end
print(try(utf8.char, -1), utf8.codepoint("\u{7FFFFFFF}", 1, 1, true), try(utf8.codepoint, "\u{7FFFFFFF}"))

local function traced(a, b)
  local c <const> = 5
  local up = text
  local info = debug.getinfo(1, "nSlutf")
  print(info.name, info.namewhat, info.short_src, info.currentline, info.linedefined, info.what, info.nups > 0, info.nparams, info.isvararg, info.istailcall, info.func == traced)
  print(debug.getlocal(1, 1), debug.getlocal(1, 2), debug.setlocal(1, 2, "changed"), b, debug.getlocal(1, 99))
  return up
end
traced(1, 2)
print(debug.getlocal(traced, 1), debug.getlocal(traced, 2), debug.getlocal(traced, 3), debug.getinfo(print, "S").what, debug.getinfo(1000), try(debug.getinfo, 1, "X"))
local counter = 0
local function bump() counter = counter + 1 return counter end
local function other() return text end
print(debug.getupvalue(bump, 1), debug.setupvalue(bump, 1, 41), bump(), debug.getupvalue(bump, 9), debug.upvalueid(bump, 1) ~= nil, debug.upvalueid(bump, 1) == debug.upvalueid(other, 1))
debug.upvaluejoin(bump, 1, function() return counter end, 1)
print(debug.getmetatable("").__index == string, debug.setmetatable(5, { __index = function(n, k) return k .. n end }) == 5, (5).field, debug.setmetatable(5, nil))
print(type(debug.getregistry()), debug.gethook(), debug.getuservalue(io.stdout, 1), debug.setuservalue and true, debug.setcstacklimit and debug.setcstacklimit(200) ~= nil)
local lines, calls, counts = {}, 0, 0
debug.sethook(function(event, line) if event == "line" then lines[#lines + 1] = line end end, "l")
local x = 1
x = x + 1
debug.sethook()
print(#lines, lines[2] - lines[1], debug.gethook())
debug.sethook(function(event) calls = calls + (event == "call" and 1 or 0) end, "cr")
bump() bump()
debug.sethook(function() counts = counts + 1 end, "", 100)
for _ = 1, 10000 do x = x + 1 end
debug.sethook()
print(calls >= 2, counts > 50)
print((debug.traceback("message"):gsub("\n.*", "")), debug.traceback({}) ~= nil, debug.traceback(nil) == nil, (debug.traceback("m", 100)), select(2, debug.traceback("x"):gsub("\n", "")) > 1)
local co = coroutine.create(function(p) local q = p coroutine.yield() end)
coroutine.resume(co, "in it")
print(debug.getlocal(co, 1, 1), debug.getlocal(co, 1, 2), debug.getinfo(co, 1, "l").currentline, (debug.traceback(co):gsub("\n.*", "")))
local lineset = {}
for line in pairs(debug.getinfo(traced, "L").activelines) do lineset[#lineset + 1] = line end
print(#lineset > 3, debug.getinfo(traced, "r").ftransfer ~= nil)
