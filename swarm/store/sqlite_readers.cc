#include "swarm/store/sqlite_readers.h"

#include <algorithm>
#include <limits>

#include "swarm/store/transaction.h"

namespace polly::store {
namespace {

constexpr size_t most_readers = 8;  // more threads than that wait for microseconds

// Either bound may be empty: blobs sort by their bytes, and nothing is before the empty one.
constexpr const char* list_sql =
    "SELECT key, value, revision FROM record WHERE key > ?1 AND key >= ?2 ORDER BY key LIMIT ?3";
constexpr const char* list_to_end_sql =
    "SELECT key, value, revision FROM record WHERE key > ?1 AND key >= ?2 AND key < ?4 ORDER BY key LIMIT ?3";

}  // namespace

class SqliteReaders::Reader {
 public:
  explicit Reader(Connection connection) : connection_(std::move(connection)) {}

  Status prepare() {
    const std::pair<Statement*, const char*> statements[] = {
        {&begin_, "BEGIN"},
        {&end_, "COMMIT"},
        {&revision_, "SELECT revision FROM state"},
        {&get_, "SELECT value, revision FROM record WHERE key = ?1"},
        {&list_, list_sql},
        {&list_to_end_, list_to_end_sql},
    };
    for (const auto& [statement, sql] : statements) {
      TRY(prepared, connection_.prepare(sql));
      *statement = std::move(prepared);
    }
    return {};
  }

  Result<Revision> revision() {
    StatementUse use(revision_);
    TRY(row, use->step());
    if (!row) return fail(Code::corrupt, "the store has lost its revision");
    return use->number(0);
  }

  Result<std::optional<Record>> get(const std::string& key) {
    StatementUse use(get_);
    use->bind(1, key);
    TRY(row, use->step());
    if (!row) return std::nullopt;
    return Record{key, use->bytes(0), use->number(1)};
  }

  // Revision and records of one snapshot.
  Result<Page> list(const std::string& prefix, const std::string& after, size_t limit) {
    TRY_STATUS(begin_.run());
    auto page = list_in_snapshot(prefix, after, limit);
    TRY_STATUS(end_.run());
    return page;
  }

 private:
  Result<Page> list_in_snapshot(const std::string& prefix, const std::string& after, size_t limit) {
    Page page;
    TRY(now, revision());
    page.revision = now;
    const auto end = end_of_prefix(prefix);
    StatementUse use(end ? list_to_end_ : list_);
    const auto one_more = std::min(limit, static_cast<size_t>(std::numeric_limits<int32_t>::max())) + 1;
    use->bind(1, after).bind(2, prefix).bind(3, uint64_t{one_more});
    if (end) use->bind(4, *end);
    for (;;) {
      TRY(row, use->step());
      if (!row) return page;
      page.more = page.records.size() == limit;
      if (page.more) return page;
      page.records.push_back({use->bytes(0), use->bytes(1), use->number(2)});
    }
  }

  Connection connection_;
  Statement begin_, end_, revision_, get_, list_, list_to_end_;
};

// A reader out of the pool, and back into it.
class SqliteReaders::Loan {
 public:
  explicit Loan(SqliteReaders& pool) : pool_(pool) {}
  ~Loan() {
    Lock lock(pool_.mutex_);
    if (reader_) {
      pool_.idle_.push_back(std::move(reader_));
    } else {
      --pool_.made_;
    }
    pool_.returned_.notify_one();
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

  Status take() {
    {
      Lock lock(pool_.mutex_);
      while (pool_.idle_.empty() && pool_.made_ == most_readers) pool_.returned_.wait(pool_.mutex_);
      if (!pool_.idle_.empty()) {
        reader_ = std::move(pool_.idle_.back());
        pool_.idle_.pop_back();
        return {};
      }
      ++pool_.made_;  // from here on the destructor gives the place back, with or without a reader
    }
    TRY(reader, pool_.make());
    reader_ = std::move(reader);
    return {};
  }
  Reader& reader() { return *reader_; }
  void drop() { reader_.reset(); }

 private:
  SqliteReaders& pool_;
  std::unique_ptr<Reader> reader_;
};

SqliteReaders::SqliteReaders(const SqliteFile& file) : file_(file) {}
SqliteReaders::~SqliteReaders() = default;

Result<std::unique_ptr<SqliteReaders::Reader>> SqliteReaders::make() const {
  TRY(connection, file_.connect_reader());
  auto reader = std::make_unique<Reader>(std::move(connection));
  TRY_STATUS(reader->prepare());
  return reader;
}

template <class Read>
auto SqliteReaders::read(Read read) -> decltype(read(std::declval<Reader&>())) {
  Loan loan(*this);
  TRY_STATUS(loan.take());
  auto result = read(loan.reader());
  if (!result) loan.drop();  // it may still hold the snapshot it failed on
  return result;
}

Result<Revision> SqliteReaders::revision() {
  return read([](Reader& reader) { return reader.revision(); });
}

Result<std::optional<Record>> SqliteReaders::get(const std::string& key) {
  return read([&](Reader& reader) { return reader.get(key); });
}

Result<Page> SqliteReaders::list(const std::string& prefix, const std::string& after, size_t limit) {
  return read([&](Reader& reader) { return reader.list(prefix, after, limit); });
}

}  // namespace polly::store
