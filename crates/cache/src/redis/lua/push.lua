-- KEYS: list, marker, token. ARGV: id, cap, life in ms, new token, its life in ms.
redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[5])
local state = warm(KEYS[1], KEYS[2])
if not state then
  return 0
end
put_first(KEYS[1], KEYS[2], state, ARGV[1], ARGV[2], ARGV[3], '')
return 1
