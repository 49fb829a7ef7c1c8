//! A script as a small tree (语法树), with the position of every word.
//!
//! The parser's own tree keeps every space and comment; the checks need only
//! names, values and where they stand.

/// A place in a file; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Pos {
    pub(crate) line: u32,
    pub(crate) col: u32,
}

/// A word and its place.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) pos: Pos,
}

/// A run of statements.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    pub(crate) stmts: Vec<Stmt>,
}

#[derive(Clone, Debug)]
pub(crate) enum Stmt {
    Local {
        names: Vec<Word>,
        values: Vec<Expr>,
    },
    LocalFunction {
        name: Word,
        function: Function,
    },
    /// `function a.b()`: an assignment to a name that is not local.
    Function {
        target: Expr,
        function: Function,
    },
    Assign {
        targets: Vec<Expr>,
        values: Vec<Expr>,
    },
    Call(Expr),
    If {
        arms: Vec<(Expr, Block)>,
        otherwise: Option<Block>,
    },
    While {
        condition: Expr,
        body: Block,
    },
    Repeat {
        body: Block,
        until: Expr,
    },
    Count {
        name: Word,
        bounds: Vec<Expr>,
        body: Block,
    },
    Each {
        names: Vec<Word>,
        values: Vec<Expr>,
        body: Block,
    },
    Do(Block),
    Return {
        values: Vec<Expr>,
        pos: Pos,
    },
    /// `break` and `continue`.
    Jump,
    /// Type declarations and other things without effect.
    Nothing,
}

#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) pos: Pos,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Nil,
    Bool(bool),
    Number(String),
    Text(String),
    /// A name or value with everything that hangs on it.
    Chain(Box<Chain>),
    Function(Box<Function>),
    Table(Vec<Entry>),
    Binary(Box<Expr>, &'static str, Box<Expr>),
    Unary(&'static str, Box<Expr>),
    /// An `if` expression: conditions, then the values it can take.
    Choice(Vec<Expr>, Vec<Expr>),
    /// A text with expressions in it.
    Woven(Vec<Expr>),
    /// `...` and whatever else has no value that can be known.
    Other,
}

#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) head: Head,
    pub(crate) links: Vec<Link>,
}

#[derive(Clone, Debug)]
pub(crate) enum Head {
    Name(String),
    Expr(Expr),
}

#[derive(Clone, Debug)]
pub(crate) enum Link {
    /// `.name` or `["name"]`.
    Field(Word),
    /// `[expression]`.
    Index(Expr),
    Call(Vec<Expr>),
    Method(Word, Vec<Expr>),
}

/// One `key = value` or one value of a table.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Option<Word>,
    /// A computed key, `[expression] = value`.
    pub(crate) computed: Option<Expr>,
    pub(crate) value: Expr,
}

#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) params: Vec<Word>,
    pub(crate) body: Block,
    /// Where `end` stands.
    pub(crate) end: Pos,
}

impl Expr {
    /// The text of a text in quotes.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The entries of a table written out.
    pub(crate) fn entries(&self) -> Option<&[Entry]> {
        match &self.kind {
            Kind::Table(entries) => Some(entries),
            _ => None,
        }
    }

    /// A bare name.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Chain(chain) if chain.links.is_empty() => chain.name(),
            _ => None,
        }
    }

    /// The chain, when it is one.
    pub(crate) fn chain(&self) -> Option<&Chain> {
        match &self.kind {
            Kind::Chain(chain) => Some(chain),
            _ => None,
        }
    }

    /// The name and arguments of a plain call `name(…)`.
    pub(crate) fn call(&self) -> Option<(&str, &[Expr])> {
        let chain = self.chain()?;
        match chain.links.as_slice() {
            [Link::Call(args)] => Some((chain.name()?, args)),
            _ => None,
        }
    }
}

impl Chain {
    /// The name at its head.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.head {
            Head::Name(name) => Some(name),
            Head::Expr(_) => None,
        }
    }
}

/// The value of a key in a table.
pub(crate) fn value<'t>(entries: &'t [Entry], key: &str) -> Option<&'t Expr> {
    entry(entries, key).map(|entry| &entry.value)
}

/// The default of a declared setting: the value alone, or the first item of
/// its table.
pub(crate) fn setting_default(declared: &Expr) -> Option<&Expr> {
    match declared.entries() {
        None => Some(declared),
        Some(entries) => {
            let unnamed = |it: &&Entry| it.key.is_none() && it.computed.is_none();
            entries.iter().find(unnamed).map(|entry| &entry.value)
        }
    }
}

/// The entry of a key in a table.
pub(crate) fn entry<'t>(entries: &'t [Entry], key: &str) -> Option<&'t Entry> {
    entries.iter().find(|entry| entry.key.as_ref().is_some_and(|word| word.text == key))
}

/// Calls `see` for every expression of a block, functions included, outer
/// before inner.
pub(crate) fn each_expr<'t>(block: &'t Block, see: &mut dyn FnMut(&'t Expr)) {
    for stmt in &block.stmts {
        for expr in exprs_of(stmt) {
            each_inner(expr, see);
        }
        for inner in blocks_of(stmt) {
            each_expr(inner, see);
        }
    }
}

/// Calls `see` for an expression and everything in it.
pub(crate) fn each_inner<'t>(expr: &'t Expr, see: &mut dyn FnMut(&'t Expr)) {
    see(expr);
    match &expr.kind {
        Kind::Function(function) => each_expr(&function.body, see),
        Kind::Nil | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Other => {}
        Kind::Chain(chain) => {
            if let Head::Expr(head) = &chain.head {
                each_inner(head, see);
            }
            for link in &chain.links {
                match link {
                    Link::Field(_) => {}
                    Link::Index(key) => each_inner(key, see),
                    Link::Call(args) | Link::Method(_, args) => {
                        for arg in args {
                            each_inner(arg, see);
                        }
                    }
                }
            }
        }
        Kind::Table(entries) => {
            for entry in entries {
                entry.computed.iter().for_each(|it| each_inner(it, see));
                each_inner(&entry.value, see);
            }
        }
        Kind::Binary(left, _, right) => {
            each_inner(left, see);
            each_inner(right, see);
        }
        Kind::Unary(_, inner) => each_inner(inner, see),
        Kind::Choice(conditions, values) => {
            conditions
                .iter()
                .chain(values)
                .for_each(|condition| each_inner(condition, see));
        }
        Kind::Woven(parts) => parts.iter().for_each(|part| each_inner(part, see)),
    }
}

/// The expressions that stand in a statement itself.
pub(crate) fn exprs_of(stmt: &Stmt) -> Vec<&Expr> {
    match stmt {
        Stmt::Local { values, .. }
        | Stmt::Return { values, .. }
        | Stmt::Each { values, .. } => values.iter().collect(),
        Stmt::Assign { targets, values } => targets.iter().chain(values).collect(),
        Stmt::Call(expr) => vec![expr],
        Stmt::If { arms, .. } => arms.iter().map(|(condition, _)| condition).collect(),
        Stmt::While { condition, .. } => vec![condition],
        Stmt::Repeat { until, .. } => vec![until],
        Stmt::Count { bounds, .. } => bounds.iter().collect(),
        Stmt::Function { target, .. } => vec![target],
        Stmt::LocalFunction { .. } | Stmt::Do(_) | Stmt::Jump | Stmt::Nothing => vec![],
    }
}

/// The blocks inside a statement.
pub(crate) fn blocks_of(stmt: &Stmt) -> Vec<&Block> {
    match stmt {
        Stmt::LocalFunction { function, .. } | Stmt::Function { function, .. } => {
            vec![&function.body]
        }
        Stmt::If { arms, otherwise } => {
            arms.iter().map(|(_, block)| block).chain(otherwise).collect()
        }
        Stmt::While { body, .. }
        | Stmt::Repeat { body, .. }
        | Stmt::Count { body, .. }
        | Stmt::Each { body, .. }
        | Stmt::Do(body) => vec![body],
        _ => vec![],
    }
}
