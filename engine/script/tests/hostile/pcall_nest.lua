local function deep(n)
  if n == 0 then while true do end end
  return select('#', pcall(deep, n - 1)), pcall(deep, n - 1), pcall(deep, n - 1)
end
while true do pcall(deep, 150) end
