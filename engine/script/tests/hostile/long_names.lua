local long = string.rep('x', 3e6)
while true do
  pcall(function() return case[long] end)
  pcall(function() return setting[long] end)
  pcall(date, long)
end
