local seen = {}
for _, path in { './secret', 'secret', '@self/secret', '/etc/passwd', '../lua/hostile/secret' } do
  local ok, text = pcall(function() return require(path) end)
  seen[#seen + 1] = tostring(text)
  ok, text = pcall(function() return io.open(path):read() end)
  seen[#seen + 1] = tostring(text)
  ok, text = pcall(function() return getfenv(0).require(path) end)
  seen[#seen + 1] = tostring(text)
  ok, text = pcall(function() return loadstring('return require("' .. path .. '")')() end)
  seen[#seen + 1] = tostring(text)
end
error(table.concat(seen, ' '))
