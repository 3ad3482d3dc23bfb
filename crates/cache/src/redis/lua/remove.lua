-- KEYS: list, marker, token. ARGV: id, life in ms, new token, its life in ms.
redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[4])
local state = warm(KEYS[1], KEYS[2])
if not state then
  return 0
end
local removed = redis.call('LREM', KEYS[1], 0, ARGV[1])
keep(KEYS[1], KEYS[2], state, ARGV[2])
return removed > 0 and 1 or 0
