-- KEYS: list, marker. ARGV: offset, limit. Returns nothing when cold, else state, length and the ids.
local state, length = warm(KEYS[1], KEYS[2])
if not state then
  return false
end
local offset, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local ids = {}
if limit > 0 then
  ids = redis.call('LRANGE', KEYS[1], offset, offset + limit - 1)
end
return { state, length, ids }
