local common = require "common"

function init(arguments)
  common.start(arguments)
  -- There is no body.
  common.headers["content-type"] = nil
end

function request()
  return wrk.format("GET", common.any_path(), common.headers)
end
