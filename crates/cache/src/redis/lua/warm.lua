-- The marker says "all" (nothing older exists) or "cut", and how many ids the list holds.
-- When the two disagree, the server evicted one of them or someone else wrote the list: then it is cold.
local function warm(list, marker)
  local length = redis.call('LLEN', list)
  local note = redis.call('GET', marker)
  if not note then
    return nil
  end
  local state, count = string.match(note, '^(%a+):(%d+)$')
  if not state or tonumber(count) ~= length then
    return nil
  end
  return state, length
end

local function keep(list, marker, state, ttl)
  redis.call('PEXPIRE', list, ttl)
  redis.call('SET', marker, state .. ':' .. redis.call('LLEN', list), 'PX', ttl)
end

