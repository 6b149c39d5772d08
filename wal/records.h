// wal/records.h: rows of the record table: adding them to the chain, and proving the chain of those that are there.
#pragma once

#include <functional>

#include "wal/log.h"
#include "wal/schema.h"

namespace troth::wal {

/// Adds rows after `end`; within the caller's transaction.
class RecordWriter {
 public:
  RecordWriter(const Database& db, const Point& end);
  void add(std::uint16_t kind, std::string_view key, std::string_view body);
  const Point& end() const { return end_; }

 private:
  Statement insert_;
  Point end_;
};

/// Reads every record in order, proves that the LSNs are dense and the chain is whole from the base on, that it passes
/// through `head`, and returns the end. `see` gets each record after the set's cut once its chain is proven; what it
/// returns, if not empty, is why the record cannot be understood. Throws OpenError (73, or 74 when the reason begins
/// with "newer format").
Point prove_records(const Database& db, const Meta& meta, const Point& head,
                    const std::function<std::string(const Stored&)>& see);

/// Proves what the chain does not cover: that pages, free list and key index agree (a wrong free list would let the
/// next append overwrite a record, a wrong index would hide a key). Throws OpenError (73).
void prove_structure(const Database& db);

}  // namespace troth::wal
