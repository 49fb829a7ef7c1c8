local s = string.rep('催', 5e6)
while true do
  utf8.len(s)
  for _, c in utf8.codes(s) do local x = utf8.char(c) end
  pcall(utf8.codepoint, s, 1, -1)
end
