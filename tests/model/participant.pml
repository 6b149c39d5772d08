/* One link, and the participant at its end. Part of troth.pml. */

/* From now on nothing of a lower epoch is obeyed, and what a replaced connection still holds is dropped. */
#ifdef NO_FENCE
inline adopt(c, p) { seen[p] = (c > seen[p] -> c : seen[p]) }
#else
inline adopt(c, p) {
  if
  :: seen[p] != c ->
    seen[p] = c;
    q = 0;
    do
    :: q < SLOTS -> to_p[q * NP + p] = (q == c || (q == COPY && ABOVE(q, p)) -> to_p[q * NP + p] : 0); q++
    :: else -> break
    od;
    q = 0
  :: else
  fi
}
#endif

/* The branch is prepared: its row is durable before the vote leaves. */
inline prepare_yes(c, p) {
#ifdef VOTE_BEFORE_DURABLE
  branch[p] = WORKED;
#else
  branch[p] = PREPARED;
#endif
  SAY(VOTE_C)
}

#ifdef PREPARE_AFTER_TOMBSTONE
#define FRESH(p) \
  (!below[p] && (branch[p] == WORKED || ((branch[p] == NONE || branch[p] == TOMBSTONE) && !HAS(joined, p))))
#else
#ifdef PREPARE_BELOW_HORIZON
#define FRESH(p) (branch[p] == WORKED || (branch[p] == NONE && !HAS(joined, p)))
#else
#define FRESH(p) (!below[p] && (branch[p] == WORKED || (branch[p] == NONE && !HAS(joined, p))))
#endif
#endif
#define RUNS(p) (((DOWN & PREP1) && FRESH(p)) || ((DOWN & PREP2) && branch[p] == WORKED && !below[p]))

/* A repeated prepare, and one that finds no work: the payload never runs here. */
inline answer_again(c, p) {
  if
  :: branch[p] == PREPARED -> SAY(VOTE_C)
  :: branch[p] == READ_ONLY -> SAY(VOTE_R)
  :: branch[p] == MARKER
#ifdef LOST_WORK_IS_READ_ONLY
  :: branch[p] == NONE && HAS(joined, p) -> SAY(VOTE_R)
  :: (branch[p] == NONE && !HAS(joined, p)) || branch[p] == TOMBSTONE || branch[p] == WORKED -> SAY(VOTE_A)
#else
  :: branch[p] == NONE || branch[p] == TOMBSTONE || branch[p] == WORKED -> SAY(VOTE_A)
#endif
  fi
}

/* Inquired, listed, or a late vote: "answered by the decision". Nothing is said that is not durable. */
#ifdef LIVE
#define ASKS(p) (!CB(p))
#else
#define ASKS(p) true
#endif
#define HAS_ANSWER(c) ((phase[c] >= ABORTING && phase[c] <= DROPPED && phase[c] != COMMITTED) || \
                       ((phase[c] == COMMITTING || phase[c] == COMMITTED) && DECIDED(c)))
inline answer_decision(c, p) {
  if
  :: (phase[c] == COMMITTING || phase[c] == COMMITTED) && HAS(yes[c], p) -> DOWN = DOWN | COMMIT
  :: else -> DOWN = DOWN | TOLD_ABORT
  fi
}

proctype Link(byte c; byte p) {
end:
  do
  /* what the coordinator sends, and repeats */
  :: d_step { alive[c] && phase[c] == PREPARING && OBEYS(c, p) && MAY_PREPARE(c) && !HAS(sent[c], p) ->
      sent[c] = sent[c] | (1 << p); DOWN = DOWN | PREP1 }
  :: d_step { alive[c] && phase[c] == PREPARING && OBEYS(c, p) && HAS(sent[c], p) && !HAS(yes[c] | ro[c], p) &&
              QUIET(PREP1 | PREP2, VOTES) -> DOWN = DOWN | PREP2 }
#ifndef LIVE
  :: d_step { alive[c] && phase[c] == PREPARING && HAS(sent[c], p) && !HAS(yes[c] | ro[c], p) &&
              OBEYS(c, p) && (DOWN & PREP1) && !(DOWN & PREP2) -> DOWN = DOWN | PREP2 }
#endif
#ifdef GIVE_UP_COMMIT /* after one attempt */
  :: d_step { alive[c] && phase[c] == COMMITTING && DECIDED(c) && HAS(yes[c], p) && CB(p) && !HAS(done[c], p) ->
      done[c] = done[c] | (1 << p); hazard[c] = hazard[c] | (1 << p) }
#endif
  :: d_step { alive[c] && phase[c] == COMMITTING && DECIDED(c) && HAS(yes[c], p) && !HAS(done[c], p) && OBEYS(c, p) &&
              QUIET(COMMIT, ACKS) -> DOWN = DOWN | COMMIT }
  :: d_step { alive[c] && phase[c] == ABORTING && CB(p) && !HAS(done[c], p) && QUIET(ABORT, ACKS) ->
      DOWN = DOWN | ABORT }
  :: d_step { alive[c] && MAY_FORGET(c) && !CB(p) && OBEYS(c, p) && HAS(done[c], p) && !HAS(hazard[c], p) &&
              branch[p] == MARKER && !(DOWN & FORGET) -> DOWN = DOWN | FORGET }

  /* what the coordinator hears */
  :: d_step { alive[c] && (UP & VOTE_C) ->
      TAKE_UP(VOTE_C);
      if
      :: phase[c] == PREPARING && HAS(ro[c], p) -> abort_now(c) /* it contradicts itself */
      :: phase[c] == PREPARING && !HAS(ro[c], p) -> yes[c] = yes[c] | (1 << p)
      :: phase[c] != PREPARING && HAS_ANSWER(c) && !(DOWN & COMMIT) -> answer_decision(c, p)
      :: else
      fi }
  :: d_step { alive[c] && (UP & VOTE_R) ->
      TAKE_UP(VOTE_R);
      ro[c] = (phase[c] == PREPARING && !HAS(yes[c], p) -> ro[c] | (1 << p) : ro[c]) }
  :: d_step { alive[c] && (UP & VOTE_A) && (phase[c] == PREPARING || !CB(p)) ->
      TAKE_UP(VOTE_A);
      if
      :: phase[c] == PREPARING -> abort_now(c)
      :: else
      fi }
  :: d_step { alive[c] && (UP & ACK_C) && (phase[c] == COMMITTING || !CB(p)) ->
      TAKE_UP(ACK_C);
      done[c] = (phase[c] == COMMITTING -> done[c] | (1 << p) : done[c]) }
  :: d_step { alive[c] && (UP & ACK_A) && (phase[c] == ABORTING || !CB(p)) ->
      TAKE_UP(ACK_A);
      done[c] = (phase[c] == ABORTING -> done[c] | (1 << p) : done[c]) }
  :: d_step { alive[c] && (UP & ACK_U) && !HAS(done[c], p) ->
      TAKE_UP(ACK_U);
      if
      :: phase[c] == COMMITTING -> done[c] = done[c] | (1 << p);
         assert(HAS(row_lost, p) || gap);              /* no false hazard, but after a restore */
#ifndef UNKNOWN_IS_ACK
         hazard[c] = hazard[c] | (1 << p); app[c] = app[c] | HR
#endif
      :: phase[c] == ABORTING -> done[c] = done[c] | (1 << p)
      :: else
      fi }
  /* Recover or Inquire: a branch in doubt asks. A callback need not, and under LIVE never does. */
#ifndef NEVER_ASKS
  :: d_step { alive[c] && OBEYS(c, p) && branch[p] == PREPARED && ASKS(p) && HAS_ANSWER(c) &&
              QUIET(COMMIT | TOLD_ABORT, ACKS) -> answer_decision(c, p) }
#endif
#ifdef PRESUME_ABORT_BEFORE_LOADED
  :: d_step { alive[c] && OBEYS(c, p) && branch[p] == PREPARED && c > 0 && c == cur && !(DOWN & TOLD_ABORT) ->
      DOWN = DOWN | TOLD_ABORT }
#endif

  /* Hello and Welcome; to a callback, a message of another transaction */
  :: d_step { alive[c] && WELCOMES(c, p) ->
#ifdef NO_FENCE
      welcomed[p] = welcomed[p] | (1 << c);
#endif
      adopt(c, p) }

  /* what the participant does with a message */
  :: d_step { OBEYS(c, p) && RUNS(p) -> adopt(c, p); TAKE_DOWN(PREP1 | PREP2); prepare_yes(c, p) }
  :: d_step { OBEYS(c, p) && RUNS(p) -> adopt(c, p); TAKE_DOWN(PREP1 | PREP2); branch[p] = READ_ONLY; SAY(VOTE_R) }
  :: d_step { OBEYS(c, p) && RUNS(p) -> adopt(c, p); TAKE_DOWN(PREP1 | PREP2); settle_abort(p); SAY(VOTE_A) }
  :: d_step { OBEYS(c, p) && !RUNS(p) && (DOWN & (PREP1 | PREP2)) ->
      adopt(c, p); TAKE_DOWN(PREP1 | PREP2); answer_again(c, p) }
  :: d_step { OBEYS(c, p) && (DOWN & COMMIT) ->
      adopt(c, p); TAKE_DOWN(COMMIT);
      if
      :: branch[p] == PREPARED -> settle_commit(p); SAY(ACK_C)
      :: branch[p] == MARKER -> SAY(ACK_C)
      :: else -> assert(branch[p] != TOMBSTONE || below[p] || HAS(row_lost, p)); SAY(ACK_U)
      fi }
  :: d_step { OBEYS(c, p) && (DOWN & ABORT) ->
      adopt(c, p); TAKE_DOWN(ABORT);
      if
      :: branch[p] != TOMBSTONE && !below[p] -> settle_abort(p)
      :: else
      fi;
      SAY(ACK_A) }
  :: d_step { OBEYS(c, p) && (DOWN & TOLD_ABORT) ->
      adopt(c, p); TAKE_DOWN(TOLD_ABORT);
      if
      :: branch[p] == PREPARED -> settle_abort(p)      /* only a branch that is in doubt when it is applied */
      :: else
      fi }
  :: d_step { OBEYS(c, p) && (DOWN & FORGET) && !(DOWN & COMMIT) -> /* one connection keeps its order */
      TAKE_DOWN(FORGET);
      branch[p] = (branch[p] == MARKER -> NONE : branch[p]) }
  :: d_step { OBEYS(c, p) && alive[c] && phase[c] == DROPPED && !below[p] && branch[p] != PREPARED ->
      below[p] = true }

#ifdef LIVE
  :: d_step { losses < LOSSES && DOWN -> losses++; DOWN = 0 }
  :: d_step { losses < LOSSES && UP -> losses++; UP = 0 }
  :: d_step { copies < COPIES && CB(p) && HAS(sent[c], p) && !(DOWN & PREP1) -> copies++; DOWN = DOWN | PREP1 }
#endif
  od
}

/* ---- a participant alone ---- */
#ifdef READ_ONLY_LEAVES_NO_NOTE
#define RO_NOTED(p) false
#else
#define RO_NOTED(p) CB(p) /* a read-only vote settles a callback's branch, and of settled branches it keeps a note */
#endif
proctype Participant(byte p) {
end:
  do
  /* a crash, or an incarnation's end, or work past its deadline; what is durable is as it was */
  :: d_step { branch[p] == WORKED -> work_lost = work_lost | (1 << p); branch[p] = NONE }
  :: d_step { branch[p] == READ_ONLY && !RO_NOTED(p) -> branch[p] = NONE }
  :: d_step { below[p] && (branch[p] == TOMBSTONE || branch[p] == MARKER || (branch[p] == READ_ONLY && RO_NOTED(p))) ->
      branch[p] = NONE }
#ifdef FORGETFUL
  :: d_step { !row_lost && branch[p] == PREPARED -> row_lost = 1 << p; branch[p] = NONE }
#endif
#ifdef PARTICIPANT_DECIDES_ALONE
  :: d_step { branch[p] == PREPARED -> settle_abort(p) }
#endif
  od
}

