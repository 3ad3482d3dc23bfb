-- KEYS: list, marker, token. ARGV: id, life in ms, new token, its life in ms.
redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[4])
local state = warm(KEYS[1], KEYS[2])
if not state then
  return 0
end
return take_out(KEYS[1], KEYS[2], state, ARGV[1], ARGV[2], '')
