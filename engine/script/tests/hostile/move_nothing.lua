local t = {}
return table.move(t, 1, 2 ^ 31 - 2, -5)
