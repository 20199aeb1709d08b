local common = require "common"

function init(arguments)
  common.start(arguments)
end

function request()
  return common.create(string.format('"plan":"pro","seat":"%08x"', math.random(0, 0x7fffffff)))
end
