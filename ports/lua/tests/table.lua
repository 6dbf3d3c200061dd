-- The table library, and tables themselves.
-- pcall's results as one text, so that none is lost in a list of arguments.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]):gsub("0x%x+", "ADDRESS") end
  return table.concat(results, " ", 1, results.n)
end
local t = { 1, 2, 3 }
table.insert(t, 4)
table.insert(t, 1, 0)
print(table.concat(t, ","), try(table.insert, t, 10, 1), try(table.insert, t), try(table.insert, t, 1, 2, 3))
print(table.remove(t), table.remove(t, 1), table.concat(t, "-"), table.remove({}), table.remove({}, 0), try(table.remove, t, 7))
print(table.concat({}), table.concat({ 1, 2, 3 }, ", ", 2, 3), table.concat({ "a", 1.5 }, ""), try(table.concat, { {} }), try(table.concat, { 1, nil, 3 }, "", 1, 3))
print(table.unpack({ 1, 2, 3 }), table.unpack({ 1, 2, 3 }, 2), table.unpack({ 1, 2 }, 1, 3), table.unpack({}, 1, 0), try(table.unpack, {}, 1, 1e8))
print(table.pack(1, nil, 3).n, table.pack().n, #table.pack("a"))
print(table.concat(table.move({ 1, 2, 3 }, 1, 3, 2), ","), table.concat(table.move({ 1, 2, 3 }, 2, 3, 1), ","), table.concat(table.move({ 1, 2 }, 1, 2, 1, {}), ","))
print(try(table.move, {}, 1, math.maxinteger, 2), try(table.move, 1, 1, 1, 1))

local words = { "pear", "apple", "fig", "kiwi", "date", "lime", "plum" }
table.sort(words)
print(table.concat(words, " "))
table.sort(words, function(a, b) return #a < #b or #a == #b and a > b end)
print(table.concat(words, " "))
local numbers = {}
local seed = 12345
for i = 1, 1000 do
  seed = (seed * 1103515245 + 12345) % 2147483648
  numbers[i] = seed % 5000
end
table.sort(numbers)
local sorted = true
for i = 2, #numbers do sorted = sorted and numbers[i - 1] <= numbers[i] end
print(sorted, numbers[1], numbers[500], numbers[1000])
print(try(table.sort, { 3, 1, "x" }), try(table.sort, { 1, 2, 3, 4, 5 }, function() return true end))
local watched = setmetatable({}, { __index = function(_, i) return i <= 3 and i * 10 or nil end, __len = function() return 3 end })
print(table.concat(watched, ","), table.unpack(watched))

local big = {}
for i = 1, 100000 do big[i] = i end
print(#big, big[50000])
for i = 100000, 1, -1 do big[i] = nil end
print(#big, next(big))
local mixed = { [1] = "a", [2.0] = "b", ["3"] = "c", [2^53] = "d", [-1] = "e", [1.5] = "f" }
print(mixed[1.0], mixed[2], mixed[3], mixed["3"], mixed[9007199254740992], mixed[-1], mixed[1.5], #mixed)
print(try(function() mixed[nil] = 1 end), try(function() mixed[0/0] = 1 end), mixed[nil])
local weak = setmetatable({}, { __mode = "k" })
weak[{}] = 1
local kept = {}
weak[kept] = 2
collectgarbage()
local count = 0
for _ in pairs(weak) do count = count + 1 end
print(count, weak[kept])
local sum = 0
for k, v in pairs({ 10, 20, 30, x = 40 }) do sum = sum + v end
print(sum)
