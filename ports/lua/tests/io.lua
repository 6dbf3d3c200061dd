-- The io library on files of /tmp: modes, formats, seeking, buffering, closing, errors.
-- pcall's results as one text, so that none is lost in a list of arguments.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]):gsub("0x%x+", "ADDRESS") end
  return table.concat(results, " ", 1, results.n)
end
local name = os.tmpname()
local function clean(text) return (tostring(text):gsub(name, "FILE", 1):gsub("0x%x+", "ADDRESS")) end
local file = assert(io.open(name, "w"))
print(io.type(file), io.type(io.stdout), io.type("x"), clean(file) == "file (ADDRESS)")
print(file:write("line one\n", 2, " ", 3.5, "\nlast without end") == file, file:seek(), file:seek("set", 4), file:write("ONE"), file:close())
print(io.type(file), tostring(file), try(file.write, file, "x"), try(io.close, file))
for line in io.lines(name) do io.write("[", line, "]") end
for line in io.lines(name, "L") do io.write("<", line, ">") end
for a, b in io.lines(name, 1, 2) do io.write(a, "|", b or "nil", ",") break end
print()
file = assert(io.open(name, "r"))
print(file:read(), file:read("n"), file:read("n"), file:read("l"), file:read("a"), file:read("a"), file:read("l"), file:read(0))
print(file:seek("set"), file:read(4), file:read(0), file:seek("cur"), file:seek("end"), file:seek("set", 2), file:read("L"))
print(file:write("x") ~= nil and "written?" or "refused", try(file.seek, file, "nowhere"), file:seek("set", -1) == nil)
file:close()
file = assert(io.open(name, "a+"))
print(file:write("appended\n") == file, file:seek("set"), #file:read("a"), file:flush() == file, file:setvbuf("no"), file:setvbuf("full", 1024), file:setvbuf("line"))
file:close()
file = assert(io.open(name, "r+"))
file:seek("set", 3)
file:write("####")
file:seek("set", 0)
print(file:read("l"))
file:close()
file = assert(io.open(name, "w+b"))
for i = 0, 255 do file:write(string.char(i)) end
file:seek("set")
local all = file:read("a")
print(#all, all:byte(1), all:byte(256), all:find("\n", 1, true))
file:close()

file = assert(io.open(name, "w"))
file:write("0x1F -12 +7 1e2 .5 0x.8p1 nan 99999999999999999999 12abc\n")
file:close()
file = io.open(name)
print(file:read("n", "n", "n", "n", "n", "n"))
print(file:read("n"), file:read("l"))
file:close()
print(clean(select(2, io.open(name .. "/below"))), select(3, io.open(name .. "/below")), clean(select(2, io.open(name .. "-not", "r"))), select(3, io.open(name .. "-not")))
print(try(io.open, name, "rz"), pcall(io.lines, name .. "-not") == false, try(file.read, io.stdout, "x"))

io.output(name)
print(io.output() ~= io.stdout, io.write("through io.write\n", "second\n") == io.output(), io.close())
io.output(io.stdout)
io.input(name)
print(io.read(), io.read("L"), io.read(), io.input() ~= io.stdin)
io.close(io.input())
print(try(io.read))
io.input(io.stdin)
for line in io.lines(name) do io.write(line, ";") end
print(try(function() for line in io.lines(name, "x") do end end))
file = io.open(name)
for line in file:lines("L") do io.write(line) end
print(io.type(file), file:close())
local text = ("0123456789"):rep(10000) .. "\n"
file = io.open(name, "w")
for _ = 1, 10 do file:write(text) end
file:close()
file = io.open(name)
print(file:seek("end"), file:seek("set", 500005), file:read(10), #file:read("l"), file:read(100001) == text)
file:close()
do local f <close> = io.open(name) print(io.type(f)) KEPT = f end
print(io.type(KEPT))
local temporary = io.tmpfile()
temporary:write("abc")
temporary:seek("set")
print(temporary:read("a"), temporary:close())
io.stdout:write("to stdout ", 1, "\n")
print(io.stderr ~= nil, io.stdin ~= nil, getmetatable(io.stdout).__name, os.remove(name), select("#", os.remove(name)), clean(select(2, os.remove(name))))
