-- KEYS: lock, fence. ARGV: holder, life in ms, life of the fence in ms. Returns the fence, or nothing when held.
-- The clock in microseconds is the floor: no server gives a million numbers a second, so that a number that was
-- lost is never given again.
local held = redis.call('GET', KEYS[1])
if held then
  local fence, holder = string.match(held, '^(%d+):(%x+)$')
  if not fence then
    return redis.error_reply('WRONGTYPE no lock stands here')
  end
  -- Only the answer to the first try was lost.
  if holder == ARGV[1] then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    return fence
  end
  return false
end
local before = redis.call('GET', KEYS[2])
before = before and (string.match(before, '^%d+$') and tonumber(before) or 9007199254740992) or 0
if before >= 9007199254740991 then
  return redis.error_reply('WRONGTYPE no fence stands here')
end
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local fence = string.format('%.0f', math.max(before + 1, now))
redis.call('SET', KEYS[2], fence, 'PX', ARGV[3])
redis.call('SET', KEYS[1], fence .. ':' .. ARGV[1], 'PX', ARGV[2])
return fence
