-- Coroutines: every function and every path through their states.
-- pcall's results as one text, so that none is lost in a list of arguments.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]):gsub("0x%x+", "ADDRESS") end
  return table.concat(results, " ", 1, results.n)
end
local co = coroutine.create(function(a, b)
  print("start", a, b)
  local c = coroutine.yield(a + b)
  print("resumed", c)
  local d, e = coroutine.yield()
  print("again", d, e)
  return "end", nil
end)
print(coroutine.status(co), coroutine.resume(co, 1, 2))
print(coroutine.status(co), coroutine.resume(co, "x"))
print(coroutine.resume(co, "y", "z"))
print(coroutine.status(co), coroutine.resume(co))
print(coroutine.isyieldable(), coroutine.isyieldable(co), select(2, coroutine.running()))
print(coroutine.wrap(function() return coroutine.isyieldable(), select(2, coroutine.running()) end)())

local generate = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
print(generate(), generate(), generate(), generate(), try(generate))
local failing = coroutine.create(function() error({ code = 5 }) end)
local ok, object = coroutine.resume(failing)
print(ok, type(object), object.code, coroutine.status(failing), (select(2, coroutine.close(failing))) == object)
print(coroutine.resume(coroutine.create(function() error("text") end)))
print(coroutine.resume(coroutine.create(function() local x = nil; return x.y end)))
print(try(coroutine.wrap(function() error("wrapped") end)), try(coroutine.resume, 1), try(coroutine.create, 1), try(coroutine.status))
print(try(coroutine.yield, 1))

local inner, outer
outer = coroutine.create(function()
  inner = coroutine.create(function()
    print("outer is", coroutine.status(outer), "inner is", coroutine.status(inner))
    print(coroutine.resume(outer), coroutine.resume(inner))
    coroutine.yield("from inner")
  end)
  print(coroutine.resume(inner))
  coroutine.yield("from outer")
end)
print(coroutine.resume(outer))
print(coroutine.resume(coroutine.running()))

-- Yield across pcall, metamethods, iterators and sort's refusal.
local across = coroutine.wrap(function()
  print(pcall(function() coroutine.yield("in pcall") error("after", 0) end))
  print(xpcall(function() coroutine.yield("in xpcall") error("after", 0) end, function(m) return "H:" .. m end))
  local t = setmetatable({}, { __index = function(_, k) return coroutine.yield("index " .. k) end, __add = function() return coroutine.yield("add") end,
    __call = function(_, x) return coroutine.yield("call " .. x) end, __lt = function() return coroutine.yield("lt") end, __concat = function() return coroutine.yield("concat") end,
    __eq = function() return coroutine.yield("eq") end, __len = function() return coroutine.yield("len") end, __close = function() coroutine.yield("close") end })
  print(t.field, t + 1, t(9), t < t, t .. "x", t == setmetatable({}, getmetatable(t)), #t)
  for a in function(_, x) return coroutine.yield("iterator") end do print("in for", a) end
  do local c <close> = t end
  print(try(table.sort, { 3, 2, 1 }, function(a, b) coroutine.yield() end))
  return "done"
end)
local answer = across()
while answer ~= "done" do
  io.write(tostring(answer), " ")
  answer = across(answer == "iterator" and (not ITERATED and "value") or nil)
  ITERATED = ITERATED or answer == "iterator"
end
print(answer)

-- Closing.
local log = {}
local closing = coroutine.create(function()
  local a <close> = setmetatable({}, { __close = function(_, e) log[#log + 1] = "a " .. tostring(e) end })
  local b <close> = setmetatable({}, { __close = function(_, e) log[#log + 1] = "b " .. tostring(e) error("in close", 0) end })
  coroutine.yield(1)
end)
coroutine.resume(closing)
print(coroutine.close(closing), coroutine.status(closing), table.concat(log, "; "))
print(coroutine.close(coroutine.create(print)), try(coroutine.close, coroutine.running()))

-- Many, deep and long.
local many = {}
for i = 1, 2000 do many[i] = coroutine.wrap(function() local n = i while true do n = coroutine.yield(n) + 1 end end) many[i]() end
local sum = 0
for i = 1, 2000 do sum = sum + many[i](i) end
print(sum)
local function tree(n) if n > 0 then tree(n - 1) coroutine.yield(n) tree(n - 1) end end
local count = 0
for n in coroutine.wrap(function() tree(12) end) do count = count + n end
print(count)
local function nest(n) if n == 0 then return 0 end return 1 + coroutine.wrap(nest)(n - 1) end
print(nest(100), select(2, pcall(nest, 100000)):match("C stack overflow") or select(2, pcall(nest, 100000)))
