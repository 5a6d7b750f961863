/*
 * A session has one owner, whatever node its client comes back to (PROTOCOL.md: RESUME, and GONE
 * with reasons node and drained). A server of one node needs none of this; these are the rules for
 * several.
 *
 * A client begins its session on node A, with one connection, and comes back to node B. What it has
 * written to A may be read late, also after it has come back. A owns the session. B carries the
 * RESUME and all that follows to A and back (the base variant), or takes the session over, with the
 * results that A has, after A has let its handlers finish and sealed it (-DTAKEOVER, as when A
 * stops). The two nodes may come to be apart at any moment, or never: B, when it does not hear from
 * A in time, answers GONE without a number. How results are numbered is left to resume.pml: here a
 * client knows by the call whether it has one.
 *
 * Properties, each an assertion by this name:
 *   ran_twice, no_was_false, settled_twice, hole, channel_full   as in resume.pml, over both nodes
 * and, as an invalid end state: a call that never settles ("stuck").
 *
 * Base variants: none, -DTAKEOVER, -DSETTLES.
 *
 * Mutants, each of which must break a property:
 *   B_REBUILDS   B takes the session over from a copied position, and does not ask A
 *   COPIED_RX    when A does not answer, B tells a copied position as the final one
 *   NO_SEAL      (with TAKEOVER) A tells its position, and goes on
 */
#define CALL_COUNT 2
#define ROOM 6
#define A 0
#define B 1

mtype = { RESUME, RESUMED, GONE, CALL, RESULT };
mtype = { PENDING, DONE, NO, UNKNOWN };
mtype = { LIVE, WAITING };

chan up[2] = [ROOM] of { mtype, byte };   /* from the client to each node */
chan down[2] = [ROOM] of { mtype, byte };
chan toA = [ROOM] of { mtype, byte };     /* between the nodes */
chan toB = [ROOM] of { mtype, byte };
bool apart;

byte ran[CALL_COUNT + 1];
mtype outcome[CALL_COUNT + 1] = PENDING;
bool ran_twice, no_was_false, settled_twice, hole, channel_full;

inline must(holds, broken) {
  if
  :: holds
  :: else -> broken = true; assert(!broken)
  fi
}

/* Each node's idea of the session. A has it first; copied is what B knows of A's rx, and lags. */
byte rx[2];
byte copied;
byte via = A; /* the node by which the client speaks to A */
bool isSealed;
bool running[CALL_COUNT + 1];
bool done[CALL_COUNT + 1]; /* has a result, which is kept */
bool hasTaken; /* B has taken the session over */
bool hasTold;  /* B has told the client that the session is gone */
bool hasAsked;

inline post(to, kind, number) {
  must(len(to) < ROOM, channel_full);
  to!kind(number)
}

inline between(to, kind, number) {
  if
  :: apart
  :: else -> post(to, kind, number)
  fi
}

inline accept(node, id) {
  if
  :: id == rx[node] + 1 ->
    printf("node %c: call %d runs\n", 65 + node, id);
    rx[node]++; ran[id]++;
    must(ran[id] <= 1, ran_twice);
    must(outcome[id] != NO, no_was_false);
    running[id] = true
  :: id <= rx[node]
  :: else -> must(false, hole)
  fi
}

proctype NodeA() {
  mtype kind; byte number, id;
end:
  do
  :: atomic { via == A && nempty(up[A]) ->
    up[A]?kind(number);
    if
    :: !isSealed -> accept(A, number)
    :: else
    fi;
    kind = 0; number = 0 }
#ifdef TAKEOVER
  :: atomic { nempty(toA) && !running[1] && !running[2] ->
#else
  :: atomic { nempty(toA) ->
#endif
    toA?kind(number);
    if
    :: kind == RESUME ->
      printf("node A: asked by node B\n");
      between(toB, RESUMED, rx[A]);
#ifdef TAKEOVER
#ifndef NO_SEAL
      isSealed = true;
#endif
#else
      via = B;
#endif
      for (id : 1 .. CALL_COUNT) {
        if
        :: done[id] -> between(toB, RESULT, id)
        :: else
        fi
      }
      id = 0
    :: else -> accept(A, number)
    fi;
    kind = 0; number = 0 }
  :: copied < rx[A] -> copied = rx[A]
  od
}

/* A handler is done; its result goes by where the session is. */
#define answer(id) \
  atomic { running[id] -> \
    running[id] = false; done[id] = true; \
    if \
    :: hasTaken -> post(down[B], RESULT, id) \
    :: !hasTaken && via == B -> between(toB, RESULT, id) \
    :: !hasTaken && via == A -> post(down[A], RESULT, id) \
    fi }

proctype Handlers() {
end:
  do
  :: answer(1)
  :: answer(2)
  od
}

inline tellGone() {
  printf("node B: it does not hear from node A\n");
  hasTold = true;
#ifdef COPIED_RX
  post(down[B], GONE, copied + 1)
#else
  post(down[B], GONE, 0)
#endif
}

proctype NodeB() {
  mtype kind; byte number;
end:
  do
  :: atomic { nempty(up[B]) && !hasTold ->
    up[B]?kind(number);
    if
    :: kind == RESUME ->
#ifdef B_REBUILDS
      hasTaken = true; rx[B] = copied; post(down[B], RESUMED, rx[B])
#else
      hasAsked = true; between(toA, RESUME, 0)
#endif
    :: kind == CALL && hasTaken -> accept(B, number)
    :: kind == CALL && !hasTaken -> between(toA, CALL, number)
    fi;
    kind = 0; number = 0 }
  :: atomic { nempty(toB) ->
    toB?kind(number);
    if
    :: hasTold
    :: !hasTold && kind == RESUMED ->
#ifdef TAKEOVER
      hasTaken = true; rx[B] = number;
#endif
      post(down[B], RESUMED, number)
    :: !hasTold && kind == RESULT -> post(down[B], RESULT, number)
    fi;
    kind = 0; number = 0 }
  :: atomic { apart && hasAsked && !hasTaken && !hasTold -> tellGone() }
  od
}

proctype Network() {
  if
  :: apart = true
  :: true
  fi
}

inline settle(id, how) {
  printf("client: call %d is %e\n", id, how);
  must(outcome[id] == PENDING, settled_twice);
  must(how != NO || ran[id] == 0, no_was_false);
  outcome[id] = how
}

#define allSettled (outcome[1] != PENDING && outcome[2] != PENDING)

proctype Client() {
  mtype phase = LIVE;
  mtype kind;
  byte at = A, tx, number, id;

  do
  :: atomic { allSettled -> break }
  :: atomic { phase == LIVE && tx < CALL_COUNT ->
    tx++; printf("client to node %c: CALL %d\n", 65 + at, tx); post(up[at], CALL, tx) }
  :: atomic { at == A -> at = B; phase = WAITING; printf("client to node B: RESUME\n");
    post(up[B], RESUME, 0) }
  :: atomic { nempty(down[at]) ->
    down[at]?kind(number);
    printf("client: %e %d\n", kind, number);
    if
    :: kind == RESUMED ->
      phase = LIVE;
      for (id : number + 1 .. tx) {
        printf("client to node B: CALL %d\n", id); post(up[B], CALL, id)
      }
      id = 0
    :: kind == RESULT ->
      if
      :: outcome[number] != DONE -> settle(number, DONE)
      :: else
      fi
    :: kind == GONE ->
      for (id : 1 .. CALL_COUNT) {
        if
        :: outcome[id] != PENDING
        :: outcome[id] == PENDING && (id > tx || number > 0 && id > number - 1) -> settle(id, NO)
        :: else -> settle(id, UNKNOWN)
        fi
      }
      id = 0
    fi;
    kind = 0; number = 0 }
  od
}

init {
  atomic {
    run NodeA();
    run NodeB();
    run Handlers();
    run Network();
    run Client()
  }
}

#ifdef SETTLES
ltl settles { <> allSettled }
#endif
