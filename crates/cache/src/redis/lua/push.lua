-- KEYS: list, marker, token. ARGV: id, cap, life in ms, new token, its life in ms.
redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[5])
local state = warm(KEYS[1], KEYS[2])
if not state then
  return 0
end
redis.call('LREM', KEYS[1], 0, ARGV[1])
local length = redis.call('LPUSH', KEYS[1], ARGV[1])
if length > tonumber(ARGV[2]) then
  redis.call('LTRIM', KEYS[1], 0, tonumber(ARGV[2]) - 1)
  state = 'cut'
end
keep(KEYS[1], KEYS[2], state, ARGV[3])
return 1
