//! Classes of access, and what each means for each kind of viewer.

/// Everybody who may ask, as the columns of the table below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Viewer {
    /// Without a token.
    Anonymous,
    /// The caller whom it is about.
    TheCaller,
    /// Another caller of the clinic.
    OtherCaller,
    /// A caller of another clinic.
    CallerElsewhere,
    /// A clinic admin of another clinic, signed in.
    AdminElsewhere,
    /// The key of one.
    AdminsKeyElsewhere,
    /// A reporter, signed in.
    Reporter,
    /// A key that may read only.
    ReportersKey,
    /// A team member, signed in.
    Member,
    /// A key that may attend callers.
    MembersKey,
    /// A clinic admin, signed in.
    Admin,
    /// A key that may configure.
    AdminsKey,
    /// A clinic admin's session whose time is over.
    ExpiredSession,
    /// A clinic admin's key whose time is over.
    ExpiredKey,
    /// A clinic admin's key that was revoked.
    RevokedKey,
    /// A session that was signed out of.
    EndedSession,
    /// The session of a clinic admin who was removed from the team.
    RemovedMember,
    /// The admin's key without its last character.
    TokenCutShort,
}

/// In the order of the table's columns.
pub(crate) const VIEWERS: [Viewer; 18] = [
    Viewer::Anonymous,
    Viewer::TheCaller,
    Viewer::OtherCaller,
    Viewer::CallerElsewhere,
    Viewer::AdminElsewhere,
    Viewer::AdminsKeyElsewhere,
    Viewer::Reporter,
    Viewer::ReportersKey,
    Viewer::Member,
    Viewer::MembersKey,
    Viewer::Admin,
    Viewer::AdminsKey,
    Viewer::ExpiredSession,
    Viewer::ExpiredKey,
    Viewer::RevokedKey,
    Viewer::EndedSession,
    Viewer::RemovedMember,
    Viewer::TokenCutShort,
];

/// What somebody gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gets {
    /// `+`: is shown it; of a command: does it.
    It,
    /// `.`: byte for byte what does not exist; of a command: `NOT_FOUND`, and nothing is done.
    Nothing,
    /// `0`: sees what it is a field of, and null there.
    Null,
    /// `-`: `UNAVAILABLE`, and nothing is done: may see what it is about, and the role does not go so far.
    /// Of what does not exist: `NOT_FOUND`.
    BeyondRole,
    /// `=`: `UNAVAILABLE`, and nothing is done, in the same bytes for what does not exist.
    BeyondRoleUnseen,
    /// `o`: the same of the own stay, which is another one: whatever comes of it, nothing of whom it is about
    /// is shown or changed.
    TheirOwn,
    /// `~`: it is so already: the command succeeds, and nothing is done.
    AlreadySo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// The public face of clinics.
    Everyone,
    /// A caller, to the own session and the clinic's staff.
    Caller,
    /// What only the caller's own session sees of a caller.
    CallerAlone,
    /// What only staff see of a caller.
    AboutCaller,
    /// The way into a room: not to those who read only.
    Room,
    /// What all staff of a clinic see.
    Staff,
    /// What clinic admins see and do, also by a key.
    Configures,
    /// What signed-in clinic admins see and do, and no key.
    Administers,
    /// The sessions of the reporter, to clinic admins and the reporter.
    SessionsOfTheReporter,
    /// Why the viewer is nobody.
    Nobody,
    /// The own stay of whoever is a caller.
    AnyCaller,

    /// A caller's own command.
    CallersCommand,
    /// What is done with callers: not by those who read only.
    Attends,
    /// What clinic admins do, also by a key, and others of the team are told so.
    ConfiguresIt,
    /// The same with things that others of the team do not see.
    ConfiguresUnseen,
    /// What signed-in clinic admins do and no key, and others of the team are told so.
    AdministersIt,
    /// Ends a session of the team member.
    EndsSessionOfTheMember,
    /// Ends the session that asks.
    SignsOut,
    /// Nobody, whoever asks.
    NoOne,
}

/// One row for each class.
#[rustfmt::skip]
const TABLE: &[(Access, &str)] = {
    use Access::*;
    &[
    //                       no      callers          elsewhere    of the clinic, in and by key      no
    //                       token   own other away   in key       reporter  member    admin         more
    //                                                             in key    in key    in key        xs xk rk es rm cut
    (Everyone,               "+      +   +     +      +  +         +  +      +  +      +  +          +  +  +  +  +  +"),
    (Caller,                 ".      +   .     .      .  .         +  +      +  +      +  +          .  .  .  .  .  ."),
    (CallerAlone,            ".      +   .     .      .  .         0  0      0  0      0  0          .  .  .  .  .  ."),
    (AboutCaller,            ".      0   .     .      .  .         +  +      +  +      +  +          .  .  .  .  .  ."),
    (Room,                   ".      +   .     .      .  .         0  0      +  +      +  +          .  .  .  .  .  ."),
    (Staff,                  ".      .   .     .      .  .         +  +      +  +      +  +          .  .  .  .  .  ."),
    (Configures,             ".      .   .     .      .  .         .  .      .  .      +  +          .  .  .  .  .  ."),
    (Administers,            ".      .   .     .      .  .         .  .      .  .      +  .          .  .  .  .  .  ."),
    (SessionsOfTheReporter,  ".      .   .     .      .  .         +  0      0  0      +  0          .  .  .  .  .  ."),
    (Nobody,                 "+      .   .     .      .  .         .  .      .  .      .  .          +  +  +  +  +  +"),
    (AnyCaller,              ".      +   +     +      .  .         .  .      .  .      .  .          .  .  .  .  .  ."),

    (CallersCommand,         ".      +   o     o      .  .         .  .      .  .      .  .          .  .  .  .  .  ."),
    (Attends,                ".      .   .     .      .  .         -  -      +  +      +  +          .  .  .  .  .  ."),
    (ConfiguresIt,           ".      .   .     .      .  .         -  -      -  -      +  +          .  .  .  .  .  ."),
    (ConfiguresUnseen,       ".      .   .     .      .  .         =  =      =  =      +  +          .  .  .  .  .  ."),
    (AdministersIt,          ".      .   .     .      .  .         -  -      -  -      +  -          .  .  .  .  .  ."),
    (EndsSessionOfTheMember, ".      .   .     .      .  .         .  .      +  .      +  .          .  .  .  .  .  ."),
    (SignsOut,               "~      =   =     =      +  =         +  =      +  =      +  =          ~  ~  ~  ~  ~  ~"),
    (NoOne,                  ".      .   .     .      .  .         .  .      .  .      .  .          .  .  .  .  .  ."),
    ]
};

impl Access {
    /// What each kind of viewer gets.
    pub(crate) fn row(self) -> [(Viewer, Gets); 18] {
        let (_, row) = TABLE.iter().find(|(access, _)| *access == self).unwrap();
        let cells: Vec<Gets> = row.split_whitespace().map(gets).collect();
        assert_eq!(cells.len(), VIEWERS.len(), "{self:?}");
        std::array::from_fn(|column| (VIEWERS[column], cells[column]))
    }
}

fn gets(cell: &str) -> Gets {
    match cell {
        "+" => Gets::It,
        "." => Gets::Nothing,
        "0" => Gets::Null,
        "-" => Gets::BeyondRole,
        "=" => Gets::BeyondRoleUnseen,
        "o" => Gets::TheirOwn,
        "~" => Gets::AlreadySo,
        _ => panic!("{cell} is no cell of the table"),
    }
}
