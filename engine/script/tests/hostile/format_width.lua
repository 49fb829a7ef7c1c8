local t = {}
while true do
  local ok, s = pcall(string.format, '%99999999d', 1)
  t[#t + 1] = string.rep(tostring(s), 1000)
end
