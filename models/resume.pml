/*
 * Sessions that outlive connections: numbers, acknowledgements, RESUME, GONE, VOID and tombstones
 * (PROTOCOL.md: Batches, RESUME, RESUMED, GONE, VOID).
 *
 * One client makes CALL_COUNT calls over at most CONNECTIONS connections, one after the other. Each
 * but the last may be cut at any moment; what was under way then is read late, or never. The client
 * also leaves connections that are well, so that the server has two of them for a while. Handlers
 * take as long as they like. The session may end at any moment: detached, attached, or refused at
 * a RESUME; and its tombstone may be thrown out. After GONE, calls of which it is certain that they
 * did not run may go again, in a second session.
 *
 * A message of the model is a batch with one message. An acknowledgement is a message of its own:
 * one that travels with another message is one that comes right before it.
 *
 * Properties, each an assertion by this name:
 *   ran_twice       the handler of a call runs at most once, whatever is sent again
 *   no_was_false    a call that failed with executed no has not run, and never will
 *   settled_twice   each call settles once
 *   hole            no peer sees a number above its rx + 1
 *   out_of_range    an acknowledgement, a RESUME and a RESUMED name only what the other side holds
 *   orphan_used     nothing was in a session whose WELCOME got lost
 *   channel_full    (of the model itself: no channel is too short)
 * and, as an end state that spin calls invalid: a call that never settles ("stuck").
 * With -DSETTLES the formula `settles` says that each run comes to where all calls are settled.
 *
 * Base variants: -DCONNECTIONS=2 to 4; -DVOIDS lets the client withdraw the first call while it is
 * away; -DSETTLES. Two leave out a rule and have no error all the same, since the fence keeps off
 * what the rule is for: -DTAKES_DUPLICATES, a call is taken whenever it comes, and -DCOUNTED, its
 * number is what the server has counted, not what the client says.
 *
 * Mutants, each of which must break a property:
 *   NO_ATTACH_NUMBER         any RESUME wins, a late one of an older connection too
 *   SERVER_TRIMS_ON_SEND     a result is dropped once it is written, not once it is acknowledged
 *   CLIENT_TRIMS_ON_SEND     a call likewise
 *   ONE_DIRECTION            the server sends nothing again
 *   ALL_NO                   GONE means executed no for whatever has no result
 *   END_UNTOLD               the session ends while attached, and the connection stays open
 *   NO_FENCE                 any connection may speak for the session, not only the newest
 *   NO_FENCE_NO_DUPLICATES   it may, and a call is taken whenever it comes
 *   COUNTED_NO_FENCE         it may, and calls are counted
 *   TELL_BEFORE_SEAL         GONE goes out before the session is sealed
 *   TOMBSTONE_LOW            GONE names a final rx that is one too low
 *   FORGOTTEN_IS_ZERO        a tombstone that was thrown out is answered as if rx had been 0
 *   UNKNOWN_GOES_AGAIN       after GONE all calls go again, not just those that did not run
 *   VOID_IGNORED             (with VOIDS) the call that was withdrawn is sent again all the same
 *   VOID_SKIPPED             (with VOIDS) nothing is sent in the place of the call
 *   VOID_PROVES              (with VOIDS) executed no at once, before RESUMED says what was accepted
 */
#ifndef CONNECTIONS
#define CONNECTIONS 3
#endif
#define CALL_COUNT 2
#define LAST (CONNECTIONS - 1)
#define ROOM 6

#ifdef NO_FENCE_NO_DUPLICATES
#define NO_FENCE
#define TAKES_DUPLICATES
#endif
#ifdef COUNTED_NO_FENCE
#define NO_FENCE
#define COUNTED
#endif

mtype = { HELLO, WELCOME, RESUME, RESUMED, GONE, CALL, VOID, RESULT, ACK };

/* Connection i: both directions, and whether it is cut, which neither side knows at once. */
chan up[CONNECTIONS] = [ROOM] of { mtype, byte, byte };
chan down[CONNECTIONS] = [ROOM] of { mtype, byte, byte };
bool cut[CONNECTIONS];
bool open[CONNECTIONS]; /* for the server */

/* What is watched. */
byte ran[CALL_COUNT + 1];
mtype = { PENDING, DONE, NO, UNKNOWN };
mtype outcome[CALL_COUNT + 1] = PENDING;
bool ran_twice, no_was_false, settled_twice, hole, out_of_range, orphan_used, channel_full;

/* The server's side of the session. */
mtype = { ATTACHED_OR_DETACHED, ENDED, FORGOTTEN };
mtype session = ATTACHED_OR_DETACHED;
byte attached; /* the connection, which is the number of its attach as well */
byte serverRx, serverTx, serverAcked, serverSaid;
byte result[CALL_COUNT + 1]; /* the call of each result, by the result's number */
bool running[CALL_COUNT + 1];
bool isSecond;
#ifdef TELL_BEFORE_SEAL
bool isSealOwed;
#endif

inline must(holds, broken) {
  if
  :: holds
  :: else -> broken = true; assert(!broken)
  fi
}

/* What is written to a connection that is cut vanishes. */
inline toServer(i, kind, a, b) {
  printf("client %d: %e %d %d\n", i, kind, a, b);
  if
  :: cut[i]
  :: else -> must(len(up[i]) < ROOM, channel_full); up[i]!kind(a, b)
  fi
}

inline toClient(i, kind, a, b) {
  printf("server %d: %e %d %d\n", i, kind, a, b);
  if
  :: cut[i] || !open[i]
  :: else -> must(len(down[i]) < ROOM, channel_full); down[i]!kind(a, b)
  fi
}

/* The server closes a connection, or finds it dead: it reads no more of it. */
inline leave(i) {
  open[i] = false;
  do
  :: up[i]?_, _, _
  :: empty(up[i]) -> break
  od
}

inline settle(id, how) {
  printf("client: call %d is %e\n", id, how);
  must(outcome[id] == PENDING, settled_twice);
  must(how != NO || ran[id] == 0, no_was_false);
  outcome[id] = how
}

inline start(id) {
  printf("server: call %d runs\n", id);
  ran[id]++;
  must(ran[id] <= 1, ran_twice);
  must(outcome[id] != NO, no_was_false);
  running[id] = true
}

/* Of a session that has ended only its final rx is kept. */
inline seal() {
  printf("server: the session is sealed\n");
  session = ENDED;
  serverTx = 0; serverAcked = 0; serverSaid = 0;
  for (n : 1 .. CALL_COUNT) { running[n] = false; result[n] = 0 }
  n = 0
}

inline tellGone(i) {
  if
  :: session == FORGOTTEN ->
#ifdef FORGOTTEN_IS_ZERO
    toClient(i, GONE, 1, 0)
#else
    toClient(i, GONE, 0, 0)
#endif
  :: else ->
#ifdef TOMBSTONE_LOW
    toClient(i, GONE, serverRx, 0)
#else
    toClient(i, GONE, serverRx + 1, 0)
#endif
  fi
}

inline takeResume(i, clientRx, first) {
  if
#ifndef NO_ATTACH_NUMBER
  :: i <= attached -> leave(i)
  :: i > attached && session == ATTACHED_OR_DETACHED ->
#else
  :: session == ATTACHED_OR_DETACHED ->
#endif
    /* The check of the two positions. Of peers as they should be, none ever fails it. */
    must(serverAcked <= clientRx && clientRx <= serverTx && first <= serverRx + 1, out_of_range);
    if
    :: /* the same user: the newer connection wins */
#ifndef NO_FENCE
      if
      :: attached != i -> leave(attached)
      :: else
      fi;
#endif
      attached = i;
      serverAcked = clientRx; serverSaid = serverRx;
      toClient(i, RESUMED, serverRx, 0);
#ifndef ONE_DIRECTION
      for (n : clientRx + 1 .. serverTx) { toClient(i, RESULT, n, result[n]) }
      n = 0
#endif
    :: !isSecond -> /* a token of another user: the session ends, and the connection gets GONE */
#ifdef TELL_BEFORE_SEAL
      isSealOwed = true; tellGone(i)
#else
      leave(attached); seal(); tellGone(i)
#endif
    fi
  :: i > attached && session != ATTACHED_OR_DETACHED -> tellGone(i)
  fi
}

/* A session begins anew, on connection i. */
inline takeHello(i) {
  if
  :: i < attached -> leave(i) /* its client has gone on */
  :: else ->
    /*
     * A client that did not ask may leave a session behind that lives. What that still takes from
     * its old connection, it may as well have taken before.
     */
    must(!isSecond || session != ATTACHED_OR_DETACHED || serverRx == 0, orphan_used);
    seal();
    session = ATTACHED_OR_DETACHED; isSecond = true; attached = i; serverRx = 0;
    toClient(i, WELCOME, 0, 0)
  fi
}

inline accept(kind, number, id) {
#ifdef COUNTED
  serverRx++; start(id)
#else
  if
  :: number == serverRx + 1 ->
    serverRx++;
    if
    :: kind == CALL -> start(id)
    :: else
    fi
  :: number <= serverRx ->
#ifdef TAKES_DUPLICATES
    start(id)
#else
    skip
#endif
  :: number > serverRx + 1 -> must(false, hole)
  fi
#endif
}

proctype ServerConnection(byte i) {
  mtype kind; byte a, b, n;
end:
  do
  :: atomic { open[i] && nempty(up[i]) ->
    up[i]?kind(a, b);
    if
    :: kind == HELLO -> takeHello(i)
    :: kind == RESUME -> takeResume(i, a, b)
#ifdef NO_FENCE
    :: kind != HELLO && kind != RESUME && session == ATTACHED_OR_DETACHED ->
#else
    :: kind != HELLO && kind != RESUME && session == ATTACHED_OR_DETACHED && i == attached ->
#endif
      if
      :: kind == ACK -> must(serverAcked <= a && a <= serverTx, out_of_range); serverAcked = a
      :: else -> accept(kind, a, b)
      fi
    :: else /* the session is sealed, or another connection speaks for it now */
    fi;
    kind = 0; a = 0; b = 0 }
  :: atomic { open[i] && cut[i] -> leave(i) } /* silence was noticed */
  od
}

#define answer(id) atomic { running[id] -> \
    running[id] = false; serverTx++; result[serverTx] = id; \
    toClient(attached, RESULT, serverTx, id); \
    trimOnSend() }

inline trimOnSend() {
#ifdef SERVER_TRIMS_ON_SEND
  serverAcked = serverTx
#else
  skip
#endif
}

proctype ServerSession() {
  byte n;
end:
  do
  :: answer(1)
  :: answer(2)
  :: atomic { session == ATTACHED_OR_DETACHED && open[attached] && serverSaid < serverRx ->
    serverSaid = serverRx; toClient(attached, ACK, serverRx, 0) }
  /* It was detached for too long. */
  :: atomic { session == ATTACHED_OR_DETACHED && !open[attached] -> seal() }
  /* It ends while attached, since the user's rights end: the connection is closed with 4410. */
#ifdef END_UNTOLD
  :: atomic { session == ATTACHED_OR_DETACHED && open[attached] && !isSecond -> seal() }
#else
  :: atomic { session == ATTACHED_OR_DETACHED && open[attached] && attached < LAST && !isSecond ->
    leave(attached); seal() }
#endif
#ifdef TELL_BEFORE_SEAL
  :: atomic { isSealOwed && session == ATTACHED_OR_DETACHED && !isSecond ->
    isSealOwed = false; leave(attached); seal() }
#endif
  :: atomic { session == ENDED -> session = FORGOTTEN; serverRx = 0 }
  od
}

/* The last connection is never cut, so that it can be asked whether all calls settle. */
proctype Network() {
end:
  do
  :: cut[0] == false -> cut[0] = true
#if CONNECTIONS > 2
  :: cut[1] == false -> cut[1] = true
#endif
#if CONNECTIONS > 3
  :: cut[2] == false -> cut[2] = true
#endif
  od
}

#define allSettled (outcome[1] != PENDING && outcome[2] != PENDING)

inline writeCall(id) {
  clientTx++; number[id] = clientTx; call[clientTx] = id;
  toServer(mine, CALL, clientTx, id);
#ifdef CLIENT_TRIMS_ON_SEND
  clientAcked = clientTx
#endif
}

/* The session is gone, and finalRx the highest number that it accepted. */
inline lose(isKnown, finalRx) {
  mayGoAgain = false;
  if
  :: isFirst -> mayGoAgain = true
  :: true
  fi;
  for (id : 1 .. CALL_COUNT) {
    if
    :: outcome[id] != PENDING
#ifndef UNKNOWN_GOES_AGAIN
    :: outcome[id] == PENDING && number[id] != 0 && !(isKnown && number[id] > finalRx) ->
#ifdef ALL_NO
      settle(id, NO)
#else
      settle(id, UNKNOWN)
#endif
#endif
    :: else -> /* it did not run */
      if
      :: mayGoAgain && call[number[id]] != 0 || mayGoAgain && number[id] == 0
      :: else -> settle(id, NO)
      fi
    fi;
    number[id] = 0
  }
  for (id : 1 .. CALL_COUNT) { call[id] = 0 }
  id = 0; mayGoAgain = false; isFirst = false; hasSession = false;
  clientTx = 0; clientAcked = 0; clientRx = 0; clientSaid = 0
}

inline takeResumed(serverRx_) {
  must(clientAcked <= serverRx_ && serverRx_ <= clientTx, out_of_range);
  clientAcked = serverRx_; clientSaid = clientRx;
  for (n : serverRx_ + 1 .. clientTx) {
    if
    :: call[n] != 0 -> toServer(mine, CALL, n, call[n])
    :: else ->
#ifdef VOID_IGNORED
      toServer(mine, CALL, n, withdrawn);
#else
#ifndef VOID_SKIPPED
      toServer(mine, VOID, n, 0);
#endif
#endif
      if
      :: withdrawn != 0 && outcome[withdrawn] == PENDING -> settle(withdrawn, NO)
      :: else
      fi
    fi
  }
  n = 0
}

inline takeResult(n_, id_) {
  if
  :: n_ == clientRx + 1 -> clientRx++; settle(id_, DONE)
  :: n_ <= clientRx
  :: else -> must(false, hole)
  fi
}

mtype = { LIVE, WAITING, AWAY };

proctype Client() {
  mtype phase = LIVE;
  mtype kind;
  byte mine, a, b, n, id;
  byte clientTx, clientAcked, clientRx, clientSaid;
  byte number[CALL_COUNT + 1]; /* of each call in this session, or 0 when it was not written */
  byte call[CALL_COUNT + 1];   /* of each number; 0 when it was withdrawn */
  byte withdrawn;
  bool isFirst = true, hasSession = true, mayGoAgain;

  do
  :: atomic { allSettled -> break }
  :: atomic { phase == LIVE && outcome[1] == PENDING && number[1] == 0 -> writeCall(1) }
  :: atomic { phase == LIVE && outcome[2] == PENDING && number[2] == 0 &&
      (outcome[1] != PENDING || number[1] != 0) -> writeCall(2) }
  :: atomic { phase == LIVE && clientSaid < clientRx ->
    clientSaid = clientRx; toServer(mine, ACK, clientRx, 0) }
  :: atomic { phase != AWAY && nempty(down[mine]) ->
    down[mine]?kind(a, b);
    if
    :: kind == WELCOME -> phase = LIVE; hasSession = true
    :: kind == RESUMED -> phase = LIVE; takeResumed(a)
    :: kind == GONE ->
      lose(a > 0, a - 1);
      if
      :: allSettled
      :: else -> toServer(mine, HELLO, 0, 0)
      fi
    :: kind == RESULT -> takeResult(a, b)
    :: kind == ACK -> must(clientAcked <= a && a <= clientTx, out_of_range); clientAcked = a
    fi;
    kind = 0; a = 0; b = 0 }
  /* The connection is dead, or closed, or another network is there. */
  :: atomic { phase != AWAY && mine < LAST && (cut[mine] || !open[mine] || phase == LIVE) ->
    phase = AWAY; cut[mine] = true;
    do
    :: down[mine]?_, _, _
    :: empty(down[mine]) -> break
    od }
  :: atomic { phase == AWAY ->
    mine++; open[mine] = true; phase = WAITING;
    if
    :: hasSession -> toServer(mine, RESUME, clientRx, clientAcked + 1)
    :: else -> toServer(mine, HELLO, 0, 0)
    fi }
  /* By the client's own clock, it was away for too long: it does not ask. */
  :: atomic { phase == AWAY && hasSession && isFirst -> lose(false, 0) }
#ifdef VOIDS
  :: atomic { phase == AWAY && number[1] > clientAcked && call[number[1]] == 1 &&
      outcome[1] == PENDING ->
    printf("client: call 1 is withdrawn\n");
    withdrawn = 1; call[number[1]] = 0;
#ifdef VOID_PROVES
    settle(1, NO)
#endif
    }
#endif
  od
}

init {
  atomic {
    byte i;
    open[0] = true; /* the first WELCOME has come */
    do
    :: i < CONNECTIONS -> run ServerConnection(i); i++
    :: else -> break
    od;
    run ServerSession();
    run Network();
    run Client()
  }
}

#ifdef SETTLES
ltl settles { <> allSettled }
#endif
