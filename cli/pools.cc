#include "cli/pools.h"

#include "cli/print.h"
#include "cli/remote.h"
#include "core/model/size.h"

namespace polly::cli {
namespace {

Cell state_cell(const Json& pool) {
  const auto& error = pool["error"].as_string();
  return error.empty() ? Cell("ok", Colour::green) : Cell(error, Colour::red);
}

std::string size_of(const Json& pool, const char* key) {
  return format_size(pool[key].as_uint());
}

}  // namespace

Status list_pools(const Context& context) {
  TRY(answer, ask(context, "/v1/pools"));
  TRY(pools, list_in(answer, "pools"));
  if (context.json) {
    print_json(context, answer);
    return {};
  }
  Table table({"NAME", "DRIVER", "TOTAL", "FREE", "PROMISED", "VOLUMES", "REACH", "FENCE", "STATE"});
  for (const auto& pool : pools) {
    const auto& can = pool["capabilities"];
    table.add({pool["name"].as_string(), pool["driver"].as_string(), size_of(pool, "total"), size_of(pool, "free"),
               size_of(pool, "promised"), std::to_string(pool["volumes"].as_uint()), or_dash(can["reach"].as_string()),
               or_dash(can["fence"].as_string()), state_cell(pool)});
  }
  table.print(context);
  return {};
}

Status show_pool(const Context& context, const std::string& name) {
  TRY(pool, ask(context, "/v1/pools/" + http::encode_segment(name)));
  if (context.json) {
    print_json(context, pool);
    return {};
  }
  const auto& can = pool["capabilities"];
  Sheet sheet;
  sheet.add("pool", {pool["name"].as_string(), Colour::bold});
  sheet.add("driver", pool["driver"].as_string());
  sheet.add("state", state_cell(pool));
  sheet.add("total", size_of(pool, "total"));
  sheet.add("free", size_of(pool, "free"));
  sheet.add("promised", fmt::format("{} to {} volumes", size_of(pool, "promised"), pool["volumes"].as_uint()));
  sheet.add("control", can["control"].as_string());
  sheet.add("reach", can["reach"].as_string());
  sheet.add("fence", can["fence"].as_string());
  sheet.add("access modes", joined(can["access_modes"]));
  sheet.add("filesystems", or_dash(joined(can["filesystems"])));
  sheet.add("sizes", can["sizes"].as_bool() ? "enforced" : "not enforced");
  sheet.print(context);
  return {};
}

}  // namespace polly::cli
