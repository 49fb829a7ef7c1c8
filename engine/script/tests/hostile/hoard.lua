-- keeps 4 MiB more from every call
local n = (kept_by_upvalue.n or 0) + 1
kept_by_upvalue = { n = n, before = kept_by_upvalue, text = string.rep('z' .. n, 2e6) }
return stay()
