#!/usr/bin/perl
# Reads what `strace -f -xx -y` saw of trothd and checks the write-ahead rule from outside, without any of our code:
# nothing that says "committed" (an HTTP reply with an LSN, a Commit message of a session) leaves before the fdatasync
# that its LSN rests on has returned. Prints what it counted; exits 1 when the rule was broken or nothing was seen.
use strict;
use warnings;

my ($durable, $unsynced, $syncs, $replies, $commits, $violations) = (0, 0, 0, 0, 0, 0);

sub bytes_of { my ($text) = @_; $text =~ s/\\x([0-9a-f]{2})/chr(hex $1)/ge; return $text; }

sub varint {
  my ($bytes, $at) = @_;
  my ($value, $shift) = (0, 0);
  while ($$at < length $$bytes) {
    my $byte = ord substr $$bytes, $$at++, 1;
    $value |= ($byte & 0x7f) << $shift;
    return $value if $byte < 0x80;
    $shift += 7;
  }
  return undef;
}

# Calls `$visit->(field number, value)` for each field of a Protobuf message; false when the bytes are none.
sub fields {
  my ($bytes, $visit) = @_;
  my $at = 0;
  while ($at < length $bytes) {
    my $tag = varint(\$bytes, \$at) // return 0;
    my ($number, $wire, $value) = ($tag >> 3, $tag & 7);
    if ($wire == 0) { $value = varint(\$bytes, \$at) // return 0; }
    elsif ($wire == 2) { my $size = varint(\$bytes, \$at) // return 0; $value = substr $bytes, $at, $size; $at += $size; }
    elsif ($wire == 1) { $at += 8; }
    elsif ($wire == 5) { $at += 4; }
    else { return 0; }
    $visit->($number, $value);
  }
  return $at == length $bytes;
}

sub told {
  my ($kind, $lsn, $line) = @_;
  return if $lsn <= $durable;
  ++$violations;
  print "line $line: $kind with LSN $lsn left while only $durable was synced\n";
}

# Frame.messages (3) -> Message.commit (7) -> Commit.lsn (3): proto/troth/v1/session.proto.
sub look_for_commits {
  my ($payload, $line) = @_;
  fields($payload, sub {
    my ($number, $message) = @_;
    return if $number != 3 || !defined $message;
    fields($message, sub {
      my ($kind, $commit) = @_;
      return if $kind != 7 || !defined $commit;
      fields($commit, sub { my ($field, $lsn) = @_; if ($field == 3) { ++$commits; told('a Commit', $lsn, $line); } });
    });
  });
}

my %syncing;  # threads inside fdatasync of the log: it counts when it returns
while (my $line = <>) {
  $line =~ s/<((?:\\x[0-9a-f]{2})+)>/'<' . bytes_of($1) . '>'/ge;  # -y prints what a descriptor is in hexadecimal too
  my ($thread) = $line =~ /^(\d+)/;
  # The head names the LSN of a batch; it is written after the batch's fdatasync returned, which is checked here too.
  if ($line =~ /pwrite64\(\d+<[^>]*\/head\.\d+>, "([^"]*)"/) {
    die "line $.: the head was written while the log was not synced\n" if $unsynced;
    $durable = unpack 'Q>', substr bytes_of($1), 24, 8;
  } elsif ($line =~ /pwrite64\(\d+<[^>]*\.db-wal>/) {
    $unsynced = 1;
  } elsif ($line =~ /fdatasync\(\d+<[^>]*\.db-wal> <unfinished/) {
    $syncing{$thread} = 1;
  } elsif ($line =~ /fdatasync\(\d+<[^>]*\.db-wal>\) += 0/
        || ($line =~ /fdatasync resumed>\) += 0/ && delete $syncing{$thread})) {
    $unsynced = 0;
    ++$syncs;
  } elsif ($line =~ /(?:sendmsg|sendto|writev|write)\(\d+<socket/) {
    my $sent = bytes_of(join '', $line =~ /iov_base="([^"]*)"/g);
    while ($sent =~ /"outcome":"committed".*?"lsn":(\d+)/g) { ++$replies; told('a reply', $1, $.); }
    look_for_commits($1, $.) if $sent =~ /^\x82(?:[\x00-\x7d]|\x7e..|\x7f.{8})(.*)$/s;
  }
}
print "strace: $syncs syncs of the log, $replies replies and $commits Commit messages, $violations left too early\n";
exit($violations == 0 && $syncs > 0 && $replies > 0 && $commits > 0 ? 0 : 1);
