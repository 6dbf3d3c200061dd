-- The os library and io.popen: time, environment, files, commands; it ends by os.exit with a number of its own.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]):gsub("0x%x+", "ADDRESS") end
  return table.concat(results, " ", 1, results.n)
end
-- What os.execute, file:close and their like answer.
local function all(...)
  local results = table.pack(...)
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, " ", 1, results.n)
end

local began, used = os.time(), os.clock()
print(math.type(began), began > 1600000000, math.type(used), used >= 0)
local sum = 0
for i = 1, 200000 do sum = sum + i end
print(sum, os.clock() > used, os.time() >= began, os.difftime(began + 90, began), math.type(os.difftime(5, 3)))

for _, t in ipairs({ 0, 1, 86399, 951782400, 1000000000, 1700000000, -1, 4102444800 }) do
  print(os.date("!%Y-%m-%d %H:%M:%S %j %a %A %b %B %p %I %y %w %%", t), os.date("!%c|%x|%X|%D|%F|%T|%R|%r|%e|%C", t))
  local d = os.date("!*t", t)
  print(d.year, d.month, d.day, d.hour, d.min, d.sec, d.wday, d.yday, d.isdst)
end
print(os.date("!%G-W%V-%u %U %W %n%t|%h", 1230768000))
local now = os.date("*t", began)
print(os.time(now) == began, os.date("%Y", began) == tostring(now.year), type(os.date()), os.date("!%H", 3600 * 5))
local base = os.time({ year = 2024, month = 2, day = 28, hour = 12 })
for _, t in ipairs({ { day = 29 }, { day = 30 }, { month = 14 }, { day = 0 }, { hour = 36 }, { min = -1 }, { sec = 86400 } }) do
  for k, v in pairs({ year = 2024, month = 2, day = 28, hour = 12, min = 0, sec = 0 }) do t[k] = t[k] or v end
  local when = os.time(t)
  print(when - base, t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday)
end
print(try(os.time, { year = 2024 }), try(os.time, { year = "x", month = 1, day = 1 }), try(os.time, { year = 2024, month = 1.5, day = 1 }))
print(try(os.time, { year = 1 << 40, month = 1, day = 1 }), try(os.date, "%Q", 0), try(os.date, "%", 0), try(os.date, "!*t", 1 << 60))
print(try(os.date, "%Ez", 0), try(os.date, "x", "y"), os.date("!%Ey %Od", 0))

print(os.getenv("SWOS_IS_NOT_SET"), type(os.getenv("PATH")), try(os.getenv))
print(os.setlocale(), os.setlocale("C"), os.setlocale(nil, "collate"), os.setlocale("C", "numeric"), try(os.setlocale, "C", "nothing"))

local one, two = os.tmpname(), os.tmpname()
print(one ~= two, one:match("^/tmp/lua_") ~= nil, io.open(one) ~= nil)
local file = io.open(one, "w")
file:write("moved\n")
file:close()
print(all(os.rename(one, two)), io.open(one) == nil, io.open(two):read("a"))
local function without_name(ok, why, code) return ok, why and why:gsub("/tmp/lua_%w+", "NAME"), code end
print(without_name(os.rename(one, two)))
print(without_name(os.rename(two, one .. "/below")))
print(all(os.remove(two)))
print(without_name(os.remove(two)))
print(all(os.execute("mkdir " .. one)), all(os.remove(one)), try(os.remove), try(os.rename, one))

print(os.execute(), all(os.execute("exit 3")), all(os.execute("true")), all(os.execute("kill -9 $$")), all(os.execute("kill -TERM $$")))
io.stdout:flush()
os.execute("echo from the shell; echo $((6 * 7))")
local pipe = io.popen("echo one; echo two; exit 5")
print(io.type(pipe), pipe:read(), pipe:read("a"), all(pipe:close()), io.type(pipe), try(pipe.read, pipe))
pipe = io.popen("cat; echo the end", "w")
print(pipe:write("through ", "a pipe\n") == pipe)
io.stdout:flush()
print(all(pipe:close()))
print(all(io.popen("kill -KILL $$"):close()), try(io.popen, "true", "rw"))
for line in io.popen("printf 'a\\nb\\nc'"):lines() do io.write("<", line, ">") end
print()
local many = {}
for i = 1, 8 do many[i] = io.popen("echo " .. i .. "; cat /dev/null", "r") end
for i = 8, 1, -1 do io.write(many[i]:read("l"), " ", all(many[i]:close()), ";") end
print()

print(all(os.execute("lua -e 'os.exit(true)' 2>/dev/null || lua5.4 -e 'os.exit(true)'")))
local closed = setmetatable({}, { __gc = function() print("closed by os.exit") end, __close = function() print("never") end })
io.write("no new line at the end")
os.exit(23, true)
