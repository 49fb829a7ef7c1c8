local t = setmetatable and setmetatable({}, { __mode = 'k' }) or {}
while true do t[{ string.rep('x', 1000) }] = { t } end
