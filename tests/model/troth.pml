/* An independent model of Troth's two-phase commit: one transaction, begun by the coordinator's first epoch.
 * Written from the design and PROTOCOL.md, never from the code. README.md says what is in it, what is not, and how to
 * read a trail. Every step is one d_step, so a state is a state of the protocol and never half a handler. */

#ifndef NP
#define NP 2          /* participants; 0 is a session, the others are a session or a callback (init chooses) */
#endif
#ifndef EPOCHS
#define EPOCHS 2      /* starts of the real coordinator: one less than this many crashes */
#endif
#ifndef COPIES
#define COPIES 1      /* LIVE only: first prepares that a network delivers once more, as late as it likes */
#endif
#ifndef LOSSES
#define LOSSES 1      /* LIVE only: directions of a link that lose all they hold; else any message may stay away */
#endif
#ifdef ONE_SHAPE      /* a session whose work was done before, and as the last a callback with a payload */
#ifndef CALLBACK_MASK
#define CALLBACK_MASK (1 << (NP - 1))
#endif
#ifndef JOINED_MASK
#define JOINED_MASK 1
#endif
#endif
#define ALL ((1 << NP) - 1)
#define COPY EPOCHS   /* the slot of an old copy of the log, started beside the real one */
#define SLOTS (EPOCHS + 1)
#define HAS(mask, p) ((mask) & (1 << (p)))
#define CB(p) HAS(callbacks, p)

/* a coordinator's view of the transaction */
#define OFF 0
#define ACTIVE 1
#define PREPARING 2
#define COMMITTING 3
#define ABORTING 4
#define COMMITTED 5   /* finished and remembered */
#define ABORTED 6     /* finished, or never heard of: presumed */
#define DROPPED 7     /* below the horizon: a participant hears abort, a client hears expired */
#define GAP 8         /* a restored log cannot know it: everybody hears unknown */

/* its records, in the only order in which they can be appended */
#define PS 1          /* PrepareStarted */
#define CD 2          /* CommitDecided */
#define HR 4          /* HeuristicReported */
#define ENDED 8
#define HZ 16         /* Horizon past this transaction */

/* coordinator to participant */
#define PREP1 1       /* Prepare, attempt 1: may run the payload */
#define PREP2 2       /* Prepare, attempt 2 or more */
#define COMMIT 4
#define ABORT 8
#define TOLD_ABORT 16 /* the answer to a listing, an inquiry or a late vote: applied only to a branch in doubt */
#define FORGET 32
/* participant to coordinator */
#define VOTE_C 1
#define VOTE_R 2
#define VOTE_A 4
#define ACK_C 8
#define ACK_A 16
#define ACK_U 32      /* "I do not know this branch" */
#define VOTES 7
#define ACKS 56

/* a participant's branch: WORKED is memory, and so is a session's READ_ONLY; the rest is durable */
#define NONE 0
#define WORKED 1
#define PREPARED 2
#define MARKER 3      /* committed */
#define TOMBSTONE 4   /* aborted */
#define READ_ONLY 5

#define C 1
#define A 2

bool alive[SLOTS];
byte phase[SLOTS];
byte app[SLOTS];      /* records appended */
byte dur[SLOTS];      /* records durable, as far as this process can ever learn */
byte yes[SLOTS];      /* votes commit; from the decision on the decided list */
byte ro[SLOTS];       /* votes read-only */
byte done[SLOTS];     /* branches settled in phase two */
byte hazard[SLOTS];
byte sent[SLOTS];     /* to whom attempt 1 went out */
byte cur;             /* the slot that owns the real log */
byte own_disk;        /* processes left behind by a restore elsewhere: their log is still theirs, as a mask */
bool gap;             /* the log was once restored from a backup */

byte to_p[SLOTS * NP];
byte to_c[SLOTS * NP];
#define DOWN to_p[c * NP + p]
#define UP to_c[c * NP + p]

byte branch[NP];
byte seen[NP];        /* the highest slot whose Welcome was adopted: durable */
bool below[NP];       /* the durable horizon of the participant is past this transaction */
byte callbacks;       /* which participants are callbacks, as a mask */
byte joined;          /* whose work was done before the prepare, as a mask */
byte losses, copies;

/* loop variables, zero between steps; a breadth-first search takes no hidden ones */
#ifndef SHORTEST
hidden
#endif
byte q, all_out;

/* what only the checker knows */
byte out[NP];         /* C or A, once the branch is settled */
byte told;            /* C and A, as a mask: what a client was or would have been told, always as early as allowed */
byte work_lost;       /* joined work that a crash or a deadline took, as a mask */
byte row_lost;        /* whose prepared row vanished, as a mask: its end is a hazard, not an outcome */

/* ---- fencing ---- */
/* An old copy has the epoch of the first restart under another nonce; it can explain epoch 1 and nothing later. */
#ifdef NO_FENCE
byte welcomed[NP];    /* every slot whose Welcome was adopted, as a mask */
#define WELCOMES(c, p) (!HAS(welcomed[p], c))
#define OBEYS(c, p) (CB(p) || c == 0 || HAS(welcomed[p], c))
#else
#ifdef LIMIT_COPY_CLIMBS /* the copy was started so often that its epoch is above all others */
#define ABOVE(c, p) (c == COPY || (seen[p] != COPY && c >= seen[p]))
#else
#define ABOVE(c, p) ((c == COPY && seen[p] == 0) || c == seen[p] || (c != COPY && seen[p] != COPY && c > seen[p]))
#endif
#define EXPLAINS(c, p) (c != COPY || seen[p] == 0)
#define WELCOMES(c, p) (c != seen[p] && ABOVE(c, p) && EXPLAINS(c, p))
#define OBEYS(c, p) (CB(p) -> ABOVE(c, p) : seen[p] == c)
#endif

/* ---- the log ---- */
/* The lock of the data directory: only the owner's records become durable. An owner that was left behind by a restore
 * keeps its own disk. */
#ifdef LIMIT_NO_LOCK
#define CAN_SYNC(c) true
#else
#define CAN_SYNC(c) (c == cur || c == COPY || HAS(own_disk, c))
#endif
#ifdef SEND_BEFORE_DURABLE
#define DECIDED(c) (app[c] & CD)
#else
#define DECIDED(c) (dur[c] & CD)
#endif
#ifdef PREPARE_WITHOUT_RECORD
#define MAY_PREPARE(c) true
#define PREPARE_RECORD 0
#else
#define MAY_PREPARE(c) (!callbacks || (dur[c] & PS))
#define PREPARE_RECORD (callbacks -> PS : 0)
#endif
#ifdef FORGET_BEFORE_ENDED
#define MAY_FORGET(c) (phase[c] == COMMITTED)
#else
#define MAY_FORGET(c) ((phase[c] == COMMITTED || phase[c] == DROPPED) && (dur[c] & ENDED))
#endif

/* Any message may stay away, come late and be overtaken. The first prepare to a callback is never taken out: it may
 * come again for ever. Others come once each time they are sent, and may be sent again before their answer is read.
 * LIVE takes all out, loses some and repeats them by the protocol's own rules only. */
#ifdef LIVE
#define QUIET(bits_down, bits_up) (!(DOWN & (bits_down)) && !(UP & (bits_up)))
#define STAYS 0
#else
#define QUIET(bits_down, bits_up) (!(DOWN & (bits_down)))
#define STAYS (CB(p) -> PREP1 : 0)
#endif
/* What would be ignored is not kept under way; a phase never comes back. */
#define HEEDS(c, p, bit) \
  (alive[c] && (bit == VOTE_C || phase[c] == (bit & VOTES -> PREPARING : (bit == ACK_A -> ABORTING : COMMITTING)) || \
                (bit == ACK_U && phase[c] == ABORTING)))
#define TAKE_DOWN(bits) DOWN = DOWN & (~(bits) | STAYS)
#define TAKE_UP(bits) UP = UP & ~(bits)
#define SAY(bit) UP = (HEEDS(c, p, bit) -> UP | bit : UP)

/* ---- checks ---- */
inline check_told() { assert(told != (C | A)) /* told-is-done */ }

inline tell(what) { told = told | what; check_told() }

inline check_agreement() {
  q = 0; all_out = 0;
  do
  :: q < NP -> all_out = all_out | out[q]; q++
  :: else -> break
  od;
  assert(all_out != (C | A));                          /* AC1 */
  assert(!((all_out & C) && (told & A)) && !((all_out & A) && (told & C))); /* and clients agree with branches */
  q = 0; all_out = 0
}

/* AC3, when CommitDecided becomes durable: who is in the list is prepared, who is not had nothing to lose. */
inline check_decision(c) {
  q = 0;
  do
  :: q < NP ->
    assert(!HAS(yes[c], q) || branch[q] == PREPARED || HAS(row_lost, q));
    assert(HAS(yes[c], q) || (HAS(ro[c], q) && !HAS(work_lost, q)));
    q++
  :: else -> break
  od;
  q = 0
}

inline settle_commit(p) {
  assert(out[p] != A);                                 /* AC2 */
  out[p] = C; branch[p] = MARKER;
  check_agreement()
}

inline settle_abort(p) {
  assert(out[p] != C);                                 /* AC2 */
  out[p] = (branch[p] == READ_ONLY || HAS(row_lost, p) -> out[p] : A); /* these have no outcome that could differ */
  branch[p] = TOMBSTONE;
  work_lost = work_lost & ~(1 << p);
  check_agreement()
}

#include "coordinator.pml"
#include "participant.pml"

/* ---- when nothing can move any more ---- */
proctype Monitor() {
  timeout ->
#ifdef LIVE
  d_step {
    assert(phase[cur] == COMMITTED || phase[cur] == ABORTED || phase[cur] == DROPPED);
    assert(told || phase[cur] == DROPPED);
    q = 0;
    do
    :: q < NP ->
      assert(branch[q] != PREPARED && branch[q] != WORKED); /* AC5 */
      assert(out[q] != NONE || !HAS(yes[cur], q) || HAS(hazard[cur], q));
      q++
    :: else -> break
    od;
    q = 0
  }
#endif
  skip
}

#ifdef WITNESS_COMMIT /* not vacuous: through a crash to a commit, forgotten by everybody */
#define WITNESS (told == C && cur > 0 && phase[cur] == DROPPED && out[0] == C && out[NP - 1] == C && \
                 branch[0] == NONE && branch[NP - 1] == NONE && callbacks == 1 << (NP - 1))
#endif
#ifdef WITNESS_ABORT
#define WITNESS (told == A && cur > 0 && phase[cur] == DROPPED && out[0] == A && out[NP - 1] == A && \
                 below[0] && branch[NP - 1] == NONE && callbacks == 1 << (NP - 1) && alive[0])
#endif
#ifdef WITNESS
never { /* an "error" here is the witness */
  do
  :: WITNESS -> break
  :: else
  od
}
#endif

#ifdef OLD_COPY
#define RUNNING SLOTS
#else
#define RUNNING EPOCHS
#endif

init {
  byte p;
  atomic {
#ifdef ONE_SHAPE
    callbacks = CALLBACK_MASK; joined = JOINED_MASK;
#else
    if :: callbacks = 0 :: callbacks = 2 :: callbacks = ALL fi;
    if :: joined = 0 :: joined = 1 :: joined = 2 :: joined = ALL fi;
#endif
    p = 0;
    do
    :: p < NP -> branch[p] = (HAS(joined, p) -> WORKED : NONE); p++
    :: else -> break
    od;
    alive[0] = true; phase[0] = ACTIVE;
    p = 0;
    do
    :: p < NP -> run Participant(p); p++
    :: else -> break
    od;
    p = 0;
    do
    :: p < RUNNING * NP -> run Link(p / NP, p % NP); p++
    :: else -> break
    od;
    p = 0;
    do
    :: p < RUNNING -> run Coordinator(p); p++
    :: else -> break
    od;
    run Nemesis();
    run Monitor();
    p = 0
  }
}
