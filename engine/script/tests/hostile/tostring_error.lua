if setmetatable then
  error(setmetatable({}, { __tostring = function() return string.rep('x', 5e7) end }))
end
error(case)
