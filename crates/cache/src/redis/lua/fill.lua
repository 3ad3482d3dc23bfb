-- KEYS: list, marker, token. ARGV: token, state, life in ms, then the ids, newest first.
if redis.call('GET', KEYS[3]) ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1])
for i = 4, #ARGV, 1000 do
  redis.call('RPUSH', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV)))
end
keep(KEYS[1], KEYS[2], ARGV[2], ARGV[3])
return 1
