-- What wrk sends: invoices, and then the completion of each, over every connection.
local prefix
local count = 0
local block = 64

function init(_)
  math.randomseed(os.time() * 1000 + tonumber(tostring({}):match("0x(%x+)"), 16) % 1000)
  prefix = string.format("bench-%d-%d", os.time(), math.random(1, 1e9))
end

function request()
  local place = count % (2 * block)
  local id = string.format("%s-%d-%d", prefix, math.floor(count / (2 * block)), place % block)
  count = count + 1
  local path = place < block and "/api/v1/purchase/invoice" or "/api/v1/purchase"
  local body = string.format(
    '{"purchase_id":"%s","item_id":"golden-sword","price_stars":50,"purchase_type":"cosmetic"}', id)
  local headers = { ["Content-Type"] = "application/json", ["X-User-Id"] = "bench" }
  return wrk.format("POST", path, headers, body)
end
