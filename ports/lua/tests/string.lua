-- The string library: every function, patterns, formats, packing.
-- pcall's results as one text, so that none is lost in a list of arguments.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]):gsub("0x%x+", "ADDRESS") end
  return table.concat(results, " ", 1, results.n)
end
print(("abc"):byte(1, -1), ("abc"):byte(10), string.byte("\0\255", 1, 2), try(string.byte))
print(string.char(), string.char(72, 105), #string.char(0, 255), try(string.char, 256), try(string.char, -1))
print(#string.dump(function() end) > 0, try(string.dump, print))
print(("hello world"):find("o w"), ("hello"):find("l", 1, true), ("hello"):find("xyz"), ("hello"):find(""), ("hello"):find("", 10))
print(("a.b"):find(".", 2, true), ("a.b"):find("%."), ("a+b"):find("+", 1, true), ("hello"):find("(l)(l)"), ("hello"):find("()ll()"))
print(("key = value"):match("^(%w+)%s*=%s*(%w+)$"), ("2026-11-22"):match("(%d+)-(%d+)-(%d+)"), ("  trim  "):match("^%s*(.-)%s*$") .. "|")
print(("THE (quick) fox"):find("%((%a+)%)"), ("f(a(b)c)d"):match("%b()"), ("THE (quick) fox"):gsub("%f[%a]%a+", string.lower))
for word in ("one two  three"):gmatch("%a+") do io.write(word, ";") end
for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do io.write(k, "->", v, ";") end
for at in ("abc"):gmatch("()") do io.write(at, ";") end
print()
for word in ("abcd"):gmatch("%a", 3) do io.write(word, ";") end
print()
print(("hello"):gsub("l", "L"), ("hello"):gsub("l", "L", 1), ("hello"):gsub("", "-"), ("abc"):gsub("%w", "%0%0"), ("abc"):gsub("(a)(b)", "%2%1"))
print(("$name is $age"):gsub("%$(%w+)", { name = "Lua", age = 30 }), ("abc"):gsub("%w", function(c) if c == "b" then return false end return c:upper() end))
print(try(string.gsub, "a", "a", "%2"), try(string.gsub, "a", "(", "x"), try(string.gsub, "a", "[a", "x"), try(string.gsub, "a", "%", "x"))
print(try(string.find, "a", "%f"), try(string.rep, "x", 1 << 40), try(string.match, "a", "%g("), try(string.find, "a", "%b"))
for _, class in ipairs({ "a", "c", "d", "g", "l", "p", "s", "u", "w", "x" }) do
  local count, other = 0, 0
  for byte = 0, 127 do
    if string.char(byte):find("%" .. class) then count = count + 1 end
    if string.char(byte):find("%" .. class:upper()) then other = other + 1 end
  end
  io.write(class, " ", count, " ", other, "; ")
end
print()
print(("[a-z]"):match("[%]a%-z[]+"), ("x^y"):match("[%^x]+"), ("abc123"):match("[^%d]*"), ("aXb"):match("[a-zX]+"), ("\0a\0"):match("%z?a") ~= nil)
print(("x"):rep(3), ("x"):rep(3, ","), ("x"):rep(0), ("x"):rep(-1), ("").rep("", 1000000) == "", ("abc"):reverse(), (""):reverse())
print(("hello"):sub(2), ("hello"):sub(-3), ("hello"):sub(2, -2), ("hello"):sub(0), ("hello"):sub(10), ("hello"):sub(-100, 2), ("hello"):sub(3, 2) == "")
print(("MiXed"):upper(), ("MiXed"):lower(), #"abc\0def", ("abc"):len(), "a" < "b", "a" < "B", "" < "a", "a\0b" < "a\0c", "Z" < "a")
print("10" + 5, "0x10" * 2, "3" .. 4, 10 .. 20, try(function() return "a" + 1 end), -"2", "10" // "3", "7" % 4, "2" ^ 2)

print(string.format("%d %5d %-5d| %05d %+d % d %i", 1, 2, 3, 4, 5, 6, 7))
print(string.format("%x %X %#x %o %#o %c %u", 255, 255, 255, 8, 8, 65, 7))
print(string.format("%f %.2f %10.3f %-10.1f| %e %.3E %g %g %G %a", 1.5, 2.345, 3.14159, 1.25, 12345.678, 0.00012, 1e20, 1e-5, 1e-10, 1.0))
print(string.format("%g %g %g %.14g %.17g", 0.1, 1/0, -1/0, 0.1, 0.1), string.format("%5s|%-5s|%.2s|%s", "ab", "cd", "efgh", nil))
print(string.format("%q", 'quote " back \\ new\nline \0 \1\0012 \r'), string.format("%q %q %q", 1, 1.5, math.mininteger), string.format("%q %q", 1/0, -1/0))
print(string.format("%s %s %10.4s|", setmetatable({}, { __tostring = function() return "meta" end }), true, "truncated"), string.format("%%"), string.format("%i", "10"))
print(try(string.format, "%d", 1.5), try(string.format, "%d", "x"), try(string.format, "%y", 1), try(string.format, "%"), try(string.format, "%d"))
print(try(string.format, "%q", {}), try(string.format, "%0100d", 1), string.format("%.3d", 5), string.format("%p", 1), string.format("%-20p|", nil))
print(#string.format("%99.99f", 1/3), string.format("%.99f", 1/3):sub(1, 20), string.format("%s", ("x"):rep(1000)):len())

print(string.packsize("i4"), string.packsize("!8 b i8"), string.packsize("<i2 >i4 =i8"), try(string.packsize, "s"), try(string.packsize, "i17"))
local function hex(s) return (s:gsub(".", function(c) return string.format("%02x", c:byte()) end)) end
print(hex(string.pack("<i1 i2 i4 i8", -1, -2, 3, 4)), hex(string.pack(">I3", 0x010203)), hex(string.pack("z s1 s", "zero", "one", "")))
print(hex(string.pack("<d f n j", 1.5, -2.5, 0.1, 7)), hex(string.pack("!4 i1 !4 i4 Xi8", 1, 2)), hex(string.pack("<i16", -2)), hex(string.pack("c5", "abc")))
print(string.unpack("<i2 i2", "\1\0\255\255"), string.unpack("z", "text\0rest"), string.unpack("s1", "\3abcd"), string.unpack("<I3", "\1\2\3", 1), string.unpack(">d", string.pack(">d", -0.5)))
print(try(string.pack, "i1", 200), try(string.unpack, "i4", "abc"), try(string.unpack, "z", "abc"), try(string.pack, "z", "a\0b"), try(string.unpack, "<i16", ("\255"):rep(8) .. ("\1"):rep(8)))
print(string.unpack("<i4", "\1\0\0\0\2\0\0\0", 5), string.unpack("B b H h", "\255\255\1\0\2\0"), string.unpack("<l L T", string.pack("<l L T", -5, 6, 7)))
print(("%d"):format(3), ("x"):rep(2):upper(), #("\u{10FFFF}"), "\x41\65\z
      joined", '\'', [[long
string]], [==[with ]] inside]==])
