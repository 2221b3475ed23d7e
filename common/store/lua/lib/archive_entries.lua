-- Entries of a namespace's log as the archive takes them: of each id in the log, message id, room,
-- further rooms as a JSON array or '', except, event, further fields of the record as a JSON object or ''. Those that
-- were accepted while no archive was kept have no such fields: they are taken from the record.
local ARCHIVE_FIELDS = { 'pushData', 'expire', 'from', 'extra', 'apnsName', 'leaveMessage', 'cancel_on_ack' }
local function archive_entries(B, entries, out)
  for _, entry in ipairs(entries) do
    local f = {}
    for i = 1, #entry[2], 2 do
      f[entry[2][i]] = entry[2][i + 1]
    end
    if f.i and not f.a then
      local values, record = redis.call('HMGET', B .. ':msg:' .. f.i, unpack(ARCHIVE_FIELDS)), {}
      for i, name in ipairs(ARCHIVE_FIELDS) do
        record[name] = values[i] or nil
      end
      f.a = cjson.encode(record)
      if values[1] then
        archive_changed(B, f.i)
      end
    end
    for _, text in ipairs({ entry[1], f.i or '', f.r or '', f.o or '', f.x or '', f.e or '', f.a or '' }) do
      out[#out + 1] = text
    end
  end
end
