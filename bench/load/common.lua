-- Shared by the scripts: headers, profile ids, and the summary.
local common = {}

-- A random seed for each thread of wrk.
local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

-- The arguments after `--`: the API key, a file with ids, how many profiles there are, and how many teams of 20.
function common.start(arguments)
  math.randomseed(os.time() * 16 + number)
  common.headers = {
    ["x-api-key"] = arguments[1],
    ["content-type"] = "application/json",
  }
  common.profiles = tonumber(arguments[3])
  common.teams = tonumber(arguments[4])
  common.ids = {}
  for id in io.lines(arguments[2]) do
    table.insert(common.ids, id)
  end
end

function common.any_path()
  return "/v1/user_profiles/" .. common.ids[math.random(#common.ids)]
end

local count = 0

-- A create with an external id of its own, and these members of the metadata.
function common.create(metadata)
  count = count + 1
  local body = string.format(
    '{"external_id":"user_%d_%d","name":"%08x %08x","metadata":{%s}}',
    number, count, math.random(0, 0x7fffffff), math.random(0, 0x7fffffff), metadata
  )
  return wrk.format("POST", "/v1/user_profiles", common.headers, body)
end

-- wrk counts each status above 399 as an error; the only other status of these operations is 200.
function done(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"failed":%d}\n',
    summary.requests,
    summary.duration / 1e6,
    latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3,
    failed.connect + failed.read + failed.write + failed.status + failed.timeout
  ))
end

return common
