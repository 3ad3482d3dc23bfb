-- Changes of a list that is warm; "hiding" stands before the state in the marker, and makes the list look cold.
local function put_first(list, marker, state, id, cap, life, hiding)
  redis.call('LREM', list, 0, id)
  local length = redis.call('LPUSH', list, id)
  if length > tonumber(cap) then
    redis.call('LTRIM', list, 0, tonumber(cap) - 1)
    state = 'cut'
  end
  keep(list, marker, hiding .. state, life)
end

local function take_out(list, marker, state, id, life, hiding)
  local removed = redis.call('LREM', list, 0, id)
  keep(list, marker, hiding .. state, life)
  return removed > 0 and 1 or 0
end

