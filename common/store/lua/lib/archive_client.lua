-- Tells the archive that a client came (reason nil) or went, if that is wanted (archive_clients).
local archive_wanted
local function archive_client(prefix, nsp, client, userid, platform, reason)
  archive_wanted = archive_wanted or redis.call('HGET', prefix .. 'archive', 'clients') or '0'
  if archive_wanted == '1' then
    redis.call('XADD', prefix .. 'archive-clients', 'MAXLEN', '~', 1000000, '*', 'n', nsp, 'c', client, 'u', userid,
      'p', platform, unpack({ reason and 'r', reason }))
  end
end
