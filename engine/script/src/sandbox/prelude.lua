-- 沙箱:在脚本之前运行一次,堵住中断无法打断的单次长调用。
-- Run once before `sandbox(true)`. Luau stops a script at loop turns, calls and
-- pattern steps; the functions below can work for seconds between two of those.
local find, match, gmatch, gsub = string.find, string.match, string.gmatch, string.gsub
local split, move, sort = string.split, table.move, table.sort
local foreach, foreachi = table.foreach, table.foreachi
local type, error, select = type, error, select
local next, setmetatable, getmetatable, isfrozen = next, setmetatable, getmetatable, table.isfrozen

local STEPS = 2e7 -- comparisons of one character with one character, about 50 ms
local MOVED = 1e6 -- elements moved at once

-- A set such as `[bbbb...a]*` costs its whole length for every character, all
-- within one pattern step: so length of text times length of pattern counts.
local function weigh(text, pattern, name)
  if type(text) == "number" then text = tostring(text) end
  if type(pattern) == "number" then pattern = tostring(pattern) end
  if type(text) == "string" and type(pattern) == "string" then
    local width = #pattern
    if width == 0 then width = 1 end
    if #text * width > STEPS then error(name .. ": text too long", 3) end
  end
end

string.find = function(s, p, ...)
  weigh(s, p, "string.find")
  return find(s, p, ...)
end
string.match = function(s, p, ...)
  weigh(s, p, "string.match")
  return match(s, p, ...)
end
string.gmatch = function(s, p)
  weigh(s, p, "string.gmatch")
  return gmatch(s, p)
end
string.gsub = function(s, p, ...)
  weigh(s, p, "string.gsub")
  return gsub(s, p, ...)
end
string.split = function(s, p)
  weigh(s, p == nil and "," or p, "string.split")
  return split(s, p)
end

-- What has no text of its own shows its kind alone: where it lies in memory is
-- another number in every run, and must not come into a memo or a journal line.
local plain, format, unpack = tostring, string.format, unpack
local named = { table = true, ["function"] = true, thread = true, userdata = true }
named.buffer = true
local function shown(value)
  local text = plain(value)
  if named[type(value)] and find(text, ": 0x%x+$") then return type(value) end
  return text
end
getfenv(0).tostring = shown
-- `%*` alone takes what has no text; a text with expressions in it, `{a}`, is
-- made with it.
string.format = function(pattern, ...)
  if type(pattern) ~= "string" or not find(pattern, "%*", 1, true) then
    return format(pattern, ...)
  end
  local values, count = { ... }, select("#", ...)
  for place = 1, count do
    if named[type(values[place])] then values[place] = shown(values[place]) end
  end
  return format(pattern, unpack(values, 1, count))
end

-- Moving a range of nothing costs as much as moving something.
table.move = function(t, f, e, ...)
  if type(f) == "number" and type(e) == "number" and not (e - f <= MOVED) then
    error("table.move: too many elements", 2)
  end
  return move(t, f, e, ...)
end

-- Comparing inside C passes no safepoint; a Lua function passes one a call,
-- also when it only hands on to a function written in C.
table.sort = function(t, f)
  if f == nil then return sort(t, function(a, b) return a < b end) end
  if type(f) ~= "function" then error("table.sort: function expected", 2) end
  return sort(t, function(a, b) return f(a, b) end)
end
if foreach then
  table.foreach = function(t, f) return foreach(t, function(k, v) return f(k, v) end) end
  table.foreachi = function(t, f) return foreachi(t, function(k, v) return f(k, v) end) end
end

-- Reading source text passes no safepoint either.
local loadstring, date = loadstring, os and os.date
if loadstring then
  getfenv(0).loadstring = function(text, name)
    if type(text) ~= "string" or #text > 262144 then return nil, "text too long" end
    return loadstring(text, name)
  end
end
if date then
  os.date = function(format, time)
    if type(format) == "string" and #format > 1000 then error("os.date: text too long", 2) end
    return date(format, time)
  end
end

-- Walking through a table. Luau's own order hangs on where the keys lie in
-- memory and on what the table held before, so another run of the same case
-- could give other orders: keys are sorted, and what has no order is no key.
local RANK = { number = 1, string = 2, boolean = 3 }

local function held(t)
  local meta = getmetatable(t)
  if type(meta) == "table" and type(meta.__index) == "table" then return meta.__index end
  return t
end

local function no_order(key)
  local kind = type(key)
  error("a key of a table is a number or a text, not a " .. kind .. ": it has no order", 3)
end

local function before(a, b)
  local x, y = RANK[type(a)], RANK[type(b)]
  if x ~= y then return x < y end
  if x == 3 then return b and not a end
  return a < b
end

local function keys_of(t)
  local keys, count, sorted = {}, 0, true
  for key in next, t do
    if not RANK[type(key)] then no_order(key) end
    if sorted and 0 < count then sorted = before(keys[count], key) end
    count = count + 1
    keys[count] = key
  end
  if not sorted then sort(keys, function(a, b) return before(a, b) end) end
  return keys
end

local raw_pairs = pairs
local function in_order(t)
  if type(t) ~= "table" then return raw_pairs(t) end
  t = held(t)
  local keys, at = keys_of(t), 0
  return function()
    while true do
      at = at + 1
      local key = keys[at]
      if key == nil then return nil end
      local value = t[key]
      if value ~= nil then return key, value end
    end
  end
end
getfenv(0).pairs = in_order

getfenv(0).next = function(t, key)
  if type(t) ~= "table" then return next(t, key) end
  t = held(t)
  if key == nil then
    for other in next, t do
      if not RANK[type(other)] then no_order(other) end
    end
  end
  return next(t, key)
end

-- The memo of a call: what is written goes into the table behind it, which the
-- house puts there for each case. A table of the file would be shared by all
-- cases, so the memo takes a copy of it.
local DEEPEST = 8
local function own(value, depth)
  if type(value) ~= "table" or not isfrozen(value) then return value end
  if DEEPEST < depth then error("the tables in memo are nested too deep", 3) end
  local copy = {}
  for key, inner in next, value do copy[key] = own(inner, depth + 1) end
  return copy
end

return function()
  local meta = { __index = {} }
  local shown = setmetatable({}, meta)
  meta.__newindex = function(_, name, value)
    if value == shown then value = meta.__index end
    meta.__index[name] = own(value, 0)
  end
  meta.__iter = function() return in_order(meta.__index) end
  return shown, meta
end
