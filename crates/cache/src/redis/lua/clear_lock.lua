-- KEYS: lock, fence.
redis.call('DEL', KEYS[2])
return redis.call('DEL', KEYS[1])
