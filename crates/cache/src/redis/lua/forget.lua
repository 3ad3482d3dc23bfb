-- KEYS: list, marker, token.
local state = warm(KEYS[1], KEYS[2])
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
return state and 1 or 0
