local common = require "common"

function init(arguments)
  common.start(arguments)
  common.headers["content-type"] = nil
end

function request()
  return wrk.format("GET", "/v1/user_profiles?limit=100", common.headers)
end
