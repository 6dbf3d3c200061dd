-- The math library: integers and floats, exact where they are exact, to 12 digits where they are not.
-- pcall's results as one text, so that none is lost in a list of arguments.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]):gsub("0x%x+", "ADDRESS") end
  return table.concat(results, " ", 1, results.n)
end
local function show(...)
  local list = table.pack(...)
  for i = 1, list.n do
    local v = list[i]
    io.write(math.type(v) == "float" and string.format("%.12g", v) or tostring(v), i < list.n and "\t" or "\n")
  end
end
show(math.abs(-5), math.abs(5.5), math.abs(math.mininteger), math.abs(-0.0), math.ceil(1.2), math.ceil(-1.2), math.floor(1.8), math.floor(-1.8), math.ceil(2^60), math.floor(1e300))
show(math.sqrt(2), math.sqrt(-1) ~= math.sqrt(-1), math.exp(1), math.log(10), math.log(8, 2), math.log(1000, 10), math.log(81, 3), math.log(0))
show(math.sin(1), math.cos(1), math.tan(1), math.asin(0.5), math.acos(0.5), math.atan(1), math.atan(1, -1), math.atan(-1, -1), math.atan(0, -1))
show(math.sin(1e6), math.cos(1e15), math.exp(-745), math.exp(709), math.exp(1000), math.log(1e-320) < -700)
show(math.fmod(7, 3), math.fmod(-7, 3), math.fmod(7, -3), math.fmod(5.5, 2), -7 % 3, 7 % -3, -7 // 2, 7.5 // 2, -7.5 % 2, 5 % math.huge, -5 % math.huge)
print(try(math.fmod, 1, 0), math.fmod(1, 0.0) ~= math.fmod(1, 0.0), try(function() return 1 // 0 end), try(function() return 1 % 0 end), 1 / 0, -1 // 0.0)
show(math.modf(3.7), math.modf(-3.7), math.modf(5), math.modf(1/0), math.modf(-1/0))
show(math.tointeger(3.0), math.tointeger(3.5), math.tointeger("8"), math.tointeger(2^63), math.tointeger({}))
show(math.type(1), math.type(1.0), math.type("1"), try(math.type))
show(math.max(1, 2.5, -1), math.min(1, 2.5, -1), math.max(1), try(math.max), math.max(0/0, 1) ~= 1, math.min(2, 2.0))
show(math.ult(1, -1), math.ult(-1, 1), math.pi, math.huge, -math.huge, math.maxinteger, math.mininteger, math.maxinteger + 1 == math.mininteger)
print(3 // 2, 3.0 // 2, 3 / 2, 2^10, 7 // 0.5, 1e15, 1e16, 123456789012345678, 0x7fffffffffffffff + 1, 0xffffffffffffffff, 1 == 1.0, math.maxinteger + 0.0)
print(5 & 3, 5 | 3, 5 ~ 3, ~0, 1 << 63, 1 << 64, 1 << -1, -1 >> 1, -1 >> 63, 2^53 | 0, try(function() return "3" & 1 end), try(function() return 1.5 & 1 end), try(function() return 2^64 | 0 end), try(function() return {} & 1 end))
print(1 < 1.5, 1 <= 1.0, math.maxinteger < math.huge, math.mininteger <= -2^63, math.maxinteger < 2^63, math.maxinteger == 2^63, 2^53 == 2^53 + 1, (2^53|0) + 1 == 2^53 + 1)
print(0.1 + 0.2 == 0.3, 0.1 + 0.2, 1e308 * 10, -1e308 * 10, 0/0 ~= 0/0, 5e-324, 5e-324 / 2, 2^-1074, 1.7976931348623157e308)
print(100000000000000, 1e100, 1.0, -0.0, 0x.8p1, 0xA.8, 1e-7, 123.456e2, 3 | 0, 3.0 | 0)

math.randomseed(42)
local a, b, c = math.random(), math.random(100), math.random(-5, 5)
math.randomseed(42)
print(a == math.random(), b == math.random(100), c == math.random(-5, 5), a >= 0 and a < 1, b >= 1 and b <= 100, c >= -5 and c <= 5)
math.randomseed(7, 9)
print(math.random(0), math.random(1 << 40), math.random(3), string.format("%.14f", math.random()), math.random(math.mininteger, math.maxinteger))
print(try(math.random, 0, -1), try(math.random, 1, 2, 3), try(math.random, 1.5), math.random(5, 5), select("#", math.randomseed(1)))
local buckets = {}
for _ = 1, 10000 do
  local n = math.random(10)
  buckets[n] = (buckets[n] or 0) + 1
end
local even = true
for i = 1, 10 do even = even and buckets[i] > 850 and buckets[i] < 1150 end
print(even)
for i = 10, 1, -3 do io.write(i, " ") end
for i = 1.0, 2, 0.25 do io.write(i, " ") end
for i = math.maxinteger - 1, math.maxinteger do io.write(i, " ") end
for i = 1, 0 do io.write("never") end
print(try(function() for i = 1, 10, 0 do end end), try(function() for i = "a", 1 do end end))
show(math.cosh and math.cosh(1) or "none", math.pow and math.pow(2, 3) or "none", math.log10 and math.log10(100) or "none", math.ldexp and math.ldexp(1, 4) or "none")
show(math.deg(math.pi), math.rad(90), math.deg(1), math.rad(-30), math.modf(3.7), math.modf(-3.7), math.modf(math.huge), math.ult(1, -1), math.ult(-1, 1))
-- What stands there for the sake of Lua 5.3.
show(math.atan2(1, 2), math.sinh(1), math.cosh(1), math.tanh(1), math.pow(2, 10), math.log10(1000), math.ldexp(0.5, 4), math.frexp(10), math.frexp(0))
