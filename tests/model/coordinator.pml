/* The coordinator alone, and what a crash, a backup or an old copy makes of it. Part of troth.pml. */

/* ---- the coordinator alone ---- */
inline drop_replies(c, bits) {
  q = 0;
  do
  :: q < NP -> to_c[c * NP + q] = to_c[c * NP + q] & ~(bits); q++
  :: else -> break
  od;
  q = 0
}

inline abort_now(c) {
  yes[c] = 0; ro[c] = 0;
  phase[c] = (callbacks -> ABORTING : ABORTED);
  tell(A);
  drop_replies(c, VOTE_R | VOTE_A);
  do
  :: q < NP ->
    if
    :: !CB(q) && OBEYS(c, q) -> to_p[c * NP + q] = to_p[c * NP + q] | ABORT /* once, and not acknowledged */
    :: else
    fi;
    q++
  :: else -> break
  od;
  q = 0
}

proctype Coordinator(byte c) {
end:
  do
  :: d_step { alive[c] && phase[c] == ACTIVE -> phase[c] = PREPARING; app[c] = app[c] | PREPARE_RECORD }
  :: d_step { alive[c] && (phase[c] == ACTIVE || phase[c] == PREPARING) -> /* client, deadline, vote, incarnation */
      abort_now(c) }
  :: d_step { alive[c] && phase[c] == PREPARING && (yes[c] | ro[c]) == ALL ->
      phase[c] = COMMITTING; app[c] = app[c] | CD;
      drop_replies(c, VOTE_R | VOTE_A);
      if
      :: DECIDED(c) -> tell(C)
      :: else
      fi }
  :: d_step { alive[c] && app[c] != dur[c] && CAN_SYNC(c) ->
      if
      :: (app[c] & CD) && !(dur[c] & CD) -> check_decision(c); tell(C)
      :: else
      fi;
      dur[c] = app[c];
      phase[c] = (dur[c] & HZ -> DROPPED : phase[c]) }
  :: d_step { alive[c] && phase[c] == COMMITTING && DECIDED(c) && (done[c] & yes[c]) == yes[c] ->
      phase[c] = COMMITTED; app[c] = app[c] | ENDED;
      drop_replies(c, ACKS);
      do
      :: q < NP -> assert(!HAS(yes[c], q) || out[q] == C || HAS(hazard[c], q)); q++ /* nothing is lost in silence */
      :: else -> break
      od;
      q = 0 }
#ifdef FORGET_BEFORE_ACKS
  :: d_step { alive[c] && phase[c] == COMMITTING && DECIDED(c) -> phase[c] = COMMITTED; app[c] = app[c] | ENDED }
#endif
  :: d_step { alive[c] && phase[c] == ABORTING && (done[c] & callbacks) == callbacks ->
      phase[c] = ABORTED; drop_replies(c, ACKS); app[c] = app[c] | (app[c] & PS -> ENDED : 0) }
#ifdef HORIZON
  :: d_step { alive[c] && (phase[c] == COMMITTED || phase[c] == ABORTED) && !(app[c] & HZ) && CAN_SYNC(c) &&
              (!(app[c] & (PS | CD)) || (dur[c] & ENDED)) -> app[c] = app[c] | HZ }
#endif
#ifdef PRESUME_ABORT_FROM_MEMORY /* a process that was left behind presumes what its own disk does not say */
  :: d_step { alive[c] && c != cur && c != COPY && !(told & A) && !(dur[c] & CD) -> tell(A) }
#endif
  od
}

/* ---- faults of the coordinator ---- */
#define TAIL (app[cur] & ~dur[cur])
#define CAN_START (cur + 1 < EPOCHS)

#ifdef LIMIT_COPY_BY_HAND /* while a participant has not heard of a later epoch, nothing unmasks the copy */
#define COPY_MAY_START true
#else
#define COPY_MAY_START (seen[0] >= 1 && seen[NP - 1] >= 1 && seen[NP / 2] >= 1)
#endif

/* What a process finds in a log is all it knows. */
inline start_from(c, from, records) {
  dur[c] = records; app[c] = records;
  yes[c] = (records & CD -> yes[from] : 0);
  hazard[c] = (records & HR -> hazard[from] : 0);
  done[c] = hazard[c];
  if
  :: records & HZ -> phase[c] = DROPPED
#ifndef RESTORE_WITHOUT_GAP
  :: !(records & HZ) && !(records & CD) && gap && c != COPY -> phase[c] = GAP
  :: !(records & (HZ | CD)) && (!gap || c == COPY) ->
#else
  :: !(records & (HZ | CD)) ->
#endif
     phase[c] = ((records & PS) && !(records & ENDED) -> ABORTING : ABORTED)
  :: !(records & HZ) && (records & CD) -> phase[c] = (records & ENDED -> COMMITTED : COMMITTING)
  fi;
  alive[c] = true;
  if
  :: c != COPY && (phase[c] == COMMITTING || phase[c] == COMMITTED) -> tell(C)
  :: c != COPY && (phase[c] == ABORTING || phase[c] == ABORTED) -> tell(A)
  :: else
  fi
}

/* The next start of the real coordinator: an unsynced record may be found or not, never one without those before it. */
inline take_over(records, old_lives, backup) {
  if
  :: (records & CD) && !(dur[cur] & CD) -> check_decision(cur)
  :: else
  fi;
  gap = gap | backup;
  own_disk = (backup && old_lives -> own_disk | (1 << cur) : own_disk);
  start_from(cur + 1, cur, records);
  if
  :: !old_lives ->
    alive[cur] = false; phase[cur] = OFF; app[cur] = 0; dur[cur] = 0; yes[cur] = 0; ro[cur] = 0;
    done[cur] = 0; hazard[cur] = 0;
    drop_replies(cur, VOTES | ACKS)
  :: else
  fi;
  cur++
}

proctype Nemesis() {
end:
  do
  :: d_step { CAN_START -> take_over(dur[cur], false, false) }
  :: d_step { CAN_START && TAIL -> take_over(app[cur], false, false) }
  :: d_step { CAN_START && (TAIL & (TAIL - 1)) -> take_over(dur[cur] | (TAIL & -TAIL), false, false) }
  :: d_step { CAN_START -> take_over(dur[cur], true, false) }
  :: d_step { CAN_START && TAIL -> take_over(app[cur], true, false) }
#ifdef RESTORE
  :: d_step { CAN_START && (dur[cur] >= CD) -> take_over(dur[cur] & (CD - 1), true, true) }
  :: d_step { CAN_START && (dur[cur] >= HR) -> take_over(dur[cur] & (HR - 1), true, true) }
  :: d_step { CAN_START -> take_over(dur[cur], true, true) }
#endif
#ifdef OLD_COPY /* taken at any moment, started when it pleases; see README.md for what may not be hoped of it */
  :: d_step { COPY_MAY_START && !alive[COPY] -> start_from(COPY, cur, 0) }
  :: d_step { COPY_MAY_START && !alive[COPY] && (dur[cur] & PS) -> start_from(COPY, cur, PS) }
  :: d_step { COPY_MAY_START && !alive[COPY] && (dur[cur] & CD) -> start_from(COPY, cur, dur[cur] & (PS | CD)) }
#endif
  od
}

