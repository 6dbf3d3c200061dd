-- The language: closures, metamethods, goto, varargs, integer division of work, modules, garbage.
-- pcall's results as one text, so that none is lost in a list of arguments.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]):gsub("0x%x+", "ADDRESS") end
  return table.concat(results, " ", 1, results.n)
end
local function counter() local n = 0 return function() n = n + 1 return n end, function() return n end end
local up, look = counter()
up() up()
print(look(), select("#", (function(...) return ... end)(nil, nil)), (function(...) return select("#", ...) end)(), (function(a, ...) return a, ... end)(1, 2, 3))
local fs = {}
for i = 1, 3 do fs[i] = function() i = i + 10 return i end end
print(fs[1](), fs[1](), fs[2](), fs[3]())
local V = {}
V.__index = V
for name, op in pairs({ __add = "+", __sub = "-", __mul = "*", __div = "/", __mod = "%", __pow = "^", __idiv = "//", __band = "&", __bor = "|", __bxor = "~", __shl = "<<", __shr = ">>", __concat = ".." }) do
  V[name] = function(a, b) return (type(a) == "table" and a.n or a) .. op .. (type(b) == "table" and b.n or b) end
end
V.__unm = function(a) return "-" .. a.n end
V.__bnot = function(a) return "~" .. a.n end
V.__len = function(a) return a.n end
V.__eq = function(a, b) return a.n == b.n end
V.__lt = function(a, b) return (a.n or a) < (b.n or b) end
V.__le = function(a, b) return (a.n or a) <= (b.n or b) end
V.__call = function(self, ...) return self.n, ... end
V.__tostring = function(a) return "V" .. a.n end
V.__name = "vector"
local a, b = setmetatable({ n = 3 }, V), setmetatable({ n = 4 }, V)
print(a + b, a - 1, 2 * b, a / b, a % 2, a ^ b, a // b, a & b, a | 1, 1 ~ a, a << 1, a >> 1, a .. "s", "s" .. a, -a, ~a, #a, a == b, a ~= b, a < b, a <= b, a > b, a >= b, a(1, 2), tostring(a))
local class = setmetatable({}, { __call = function(c, x) return setmetatable({ x = x }, { __index = c }) end })
function class:get() return self.x end
print(class(7):get(), rawget(class(7), "get"))
local proxy = setmetatable({}, { __index = setmetatable({ deep = "found" }, { __index = function(_, k) return "no " .. k end }), __newindex = function(t, k, v) rawset(t, k, v .. "!") end })
proxy.x = "set"
print(proxy.deep, proxy.other, proxy.x)
for i = 1, 3 do
  for j = 1, 3 do
    if j == 2 then goto continue end
    io.write(i, j, " ")
    ::continue::
  end
end
do local i = 1 ::top:: if i <= 3 then io.write("g", i, " ") i = i + 1 goto top end end
local n = 0
repeat local stop = n >= 2 n = n + 1 until stop
while true do n = n + 1 if n > 5 then break end end
print(n)
print((function() return 1, 2, 3 end)(), ((function() return 1, 2, 3 end)()), #{ (function() return 1, 2, 3 end)(), 10 }, #{ 10, (function() return 1, 2, 3 end)() })
local x, y, z = 1, 2
x, y = y, x
print(x, y, z, not nil, nil == false, 1 and 2, nil or "default", false and error("never"), 1 or error("never"))
print(2 ^ 3 ^ 2, -2 ^ 2, not 1 == 2, 1 .. 2 == "12", "a" .. "b" == "ab" and 1 < 2, 5 - 3 - 1, 2 * 3 % 4, 7 // 2 * 2, 1 << 2 + 1, (6 & 3) == 2)
local function fib(k) return k < 2 and k or fib(k - 1) + fib(k - 2) end
local function tail(k) if k == 0 then return "bottom" end return tail(k - 1) end
print(fib(22), tail(1000000))
package.preload.mine = function(...) print("loading", ...) return { value = 5 } end
print(require("mine").value, require("mine") == package.loaded.mine, select(2, require("mine")))
package.cpath = "./?.so"
print(try(require, "not.there"))
local folder = os.tmpname()
os.remove(folder)
package.path = folder .. "?.lua"
local file = io.open(folder .. "module.lua", "w")
file:write("local name, path = ... return { name = name, from = path ~= nil }")
file:close()
print(require("module").name, require("module").from, package.searchpath("module", package.path) == folder .. "module.lua", (select(2, package.searchpath("no.such", "a/?.lua;b/?"))))
os.remove(folder .. "module.lua")
print(#package.searchers, type(package.loadlib), package.cpath ~= nil)
local order = {}
do
  local objects = {}
  for i = 1, 3 do objects[i] = setmetatable({}, { __gc = function() order[#order + 1] = i end }) end
end
collectgarbage()
print(table.concat(order, " "))
collectgarbage("generational")
local keep = {}
for i = 1, 200000 do keep[i % 1000 + 1] = { i, tostring(i) } end
collectgarbage("incremental")
for i = 1, 200000 do keep[i % 1000 + 1] = { i, tostring(i) } end
print(keep[1][1], keep[1000][2])
local env = setmetatable({}, { __index = _G })
local chunk = load("x = 5; local _ENV = { print = print }; y = 6; print(x, y)", "env", "t", env)
chunk()
print(env.x, env.y, x)
print(#"\u{48}\x49\74 \z
       end", 0xff, 0XA, 1e2, .5, 3., 0x.1, 0x1p-2)
