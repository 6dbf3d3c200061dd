-- Errors of the language: what each operation refuses, and how it says so.
local function try(text)
  local chunk, why = load(text, "=chunk")
  if not chunk then print("SYNTAX", why) return end
  local results = table.pack(pcall(chunk))
  for i = 1, results.n do results[i] = tostring(results[i]):gsub("0x%x+", "ADDRESS") end
  print(table.concat(results, "\t", 1, results.n))
end
for _, text in ipairs({
  "local a; a.b = 1", "local a; return a.b.c", "return undefined.x", "undefined()", "local t = {} t.x.y()", "local t = {} t:method()",
  "return 1 + {}", "return {} .. 'x'", "return #5", "return -{}", "return {} < {}", "return 1 < 'x'", "return nil > 1", "return 2^{}",
  "return 1 & 1.5", "return 'a' | 1", "return ~'x'", "return 1 << {}", "local s = 'x' return s.y.z", "return ('x')()", "return math.floor({})",
  "error()", "error(nil)", "error('m', 1)", "error('m', 2)", "string.rep()", "('x'):rep({})", "setmetatable(1, 2)", "ipairs()",
  "for i = 1, 'x' do end", "for i = 1, 10, 0 do end", "for x in 5 do end", "local x <const> = 1; x = 2", "goto nowhere", "break", "do goto l; local a; ::l:: print(a) end",
  "::a:: ::a::", "return return", "x =", "if x", "while true do", "local function", "f(", "a.1 = 2", "x = }", "'unfinished", "[[unfinished", "--[[unfinished",
  "x = 0x", "x = 1..2", "x = 3e", "'\\q'", "'\\300'", "'\\u{110000000}'", "'\\xZZ'", "local x <close> = 5", "local x <what> = 5", "local a <close>, b <close> = nil, nil",
  "return ...", "function f() return ... end", "local t = setmetatable({}, {__index = function(t, k) error('index ' .. k, 2) end}) return t.q",
  "return setmetatable({}, {__call = 5})()", "local t = setmetatable({}, {__newindex = function() error({}) end}) t.x = 1",
  "return tostring(setmetatable({}, {__tostring = function() error('in tostring') end}))", "local function f() return f() + 1 end return f()",
  "local s = string.rep('(', 300) .. 'x' return load(s)", "return load(string.rep('a = {', 300))", "return load('return ' .. string.rep('-', 300) .. '1')",
}) do try(text) end

print(select(2, pcall(function() local function deep(n) if n == 0 then error("at the bottom") end deep(n - 1) end deep(5) end)))
print(xpcall(function() local x = {} ; x.y.z = 1 end, function(m) return (debug.traceback(m, 1):gsub("\n.*", "")) end))
local overflow = select(2, pcall(function() local function r() return 1 + r() end return r() end))
print(overflow:match("stack overflow"))
print(select(2, pcall(string.gsub, ("x"):rep(300000), (".-"):rep(300000), "")):match("too complex") or "finished")
print(pcall(string.rep, "x", -1), #select(2, pcall(string.rep, "ab", 10)))

-- To-be-closed variables see the error, in reverse order.
print(pcall(function()
  local a <close> = setmetatable({}, { __close = function(_, e) print("close a", e) end })
  local b <close> = setmetatable({}, { __close = function(_, e) print("close b", e) error("b's own", 0) end })
  error("first", 0)
end))
do
  local order = {}
  for i in (function() local n = 0 return function() n = n + 1 if n <= 2 then return n end end, nil, nil, setmetatable({}, { __close = function() order[#order + 1] = "iterator closed" end }) end)() do order[#order + 1] = i end
  print(table.concat(order, ", "))
end
local memory = select(2, pcall(function() local t = {} ; local s = ("x"):rep(1 << 20) ; return #s end))
print(memory)
local finalized = 0
for _ = 1, 100 do setmetatable({}, { __gc = function() finalized = finalized + 1 end }) end
collectgarbage() collectgarbage()
print(finalized)
setmetatable({}, { __gc = function() error("in a finalizer") end })
collectgarbage()
print("still here")
