//! From the parser's tree to the small one (语法树转换).

use full_moon::ast::{self, Index, LastStmt, Prefix, Suffix, Var};
use full_moon::node::Node;
use full_moon::tokenizer::{Position, TokenReference, TokenType};

use super::tree::{
    Block, Chain, Entry, Expr, Function, Head, Kind, Link, Pos, Stmt, Word,
};

/// The whole file as a small tree.
pub(crate) fn block(from: &ast::Block) -> Block {
    let mut stmts: Vec<Stmt> = from.stmts().map(stmt).collect();
    match from.last_stmt() {
        Some(LastStmt::Return(it)) => stmts.push(Stmt::Return {
            values: it.returns().iter().map(expr).collect(),
            pos: pos_of(it.token()),
        }),
        Some(_) => stmts.push(Stmt::Jump),
        None => {}
    }
    Block { stmts }
}

/// The parser's position as ours.
pub(crate) fn pos(at: Position) -> Pos {
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Pos { line: small(at.line()), col: small(at.character()) }
}

fn pos_of(token: &TokenReference) -> Pos {
    pos(token.token().start_position())
}

fn stmt(from: &ast::Stmt) -> Stmt {
    match from {
        ast::Stmt::Assignment(it) => Stmt::Assign {
            targets: it.variables().iter().map(var).collect(),
            values: it.expressions().iter().map(expr).collect(),
        },
        ast::Stmt::CompoundAssignment(it) => {
            Stmt::Assign { targets: vec![var(it.lhs())], values: vec![expr(it.rhs())] }
        }
        ast::Stmt::Do(it) => Stmt::Do(block(it.block())),
        ast::Stmt::FunctionCall(it) => Stmt::Call(call(it)),
        ast::Stmt::FunctionDeclaration(it) => {
            let names: Vec<Word> = it
                .name()
                .names()
                .iter()
                .chain(it.name().method_name())
                .map(word)
                .collect();
            Stmt::Function { target: dotted(&names), function: function(it.body()) }
        }
        ast::Stmt::GenericFor(it) => Stmt::Each {
            names: it.names().iter().map(word).collect(),
            values: it.expressions().iter().map(expr).collect(),
            body: block(it.block()),
        },
        ast::Stmt::If(it) => branch(it),
        ast::Stmt::LocalAssignment(it) => Stmt::Local {
            names: it.names().iter().map(word).collect(),
            values: it.expressions().iter().map(expr).collect(),
        },
        ast::Stmt::ConstAssignment(it) => Stmt::Local {
            names: it.names().iter().map(word).collect(),
            values: it.expressions().iter().map(expr).collect(),
        },
        ast::Stmt::LocalFunction(it) => {
            Stmt::LocalFunction { name: word(it.name()), function: function(it.body()) }
        }
        ast::Stmt::ConstFunction(it) => {
            Stmt::LocalFunction { name: word(it.name()), function: function(it.body()) }
        }
        ast::Stmt::NumericFor(it) => Stmt::Count {
            name: word(it.index_variable()),
            bounds: [Some(it.start()), Some(it.end()), it.step()]
                .into_iter()
                .flatten()
                .map(expr)
                .collect(),
            body: block(it.block()),
        },
        ast::Stmt::Repeat(it) => {
            Stmt::Repeat { body: block(it.block()), until: expr(it.until()) }
        }
        ast::Stmt::While(it) => {
            Stmt::While { condition: expr(it.condition()), body: block(it.block()) }
        }
        _ => Stmt::Nothing,
    }
}

fn branch(from: &ast::If) -> Stmt {
    let mut arms = vec![(expr(from.condition()), block(from.block()))];
    for arm in from.else_if().into_iter().flatten() {
        arms.push((expr(arm.condition()), block(arm.block())));
    }
    Stmt::If { arms, otherwise: from.else_block().map(block) }
}

fn expr(from: &ast::Expression) -> Expr {
    let at = from.start_position().map(pos).unwrap_or_default();
    let kind = match from {
        ast::Expression::BinaryOperator { lhs, binop, rhs } => Kind::Binary(
            Box::new(expr(lhs)),
            operator(binop.token()),
            Box::new(expr(rhs)),
        ),
        ast::Expression::Parentheses { expression, .. }
        | ast::Expression::TypeAssertion { expression, .. } => return expr(expression),
        ast::Expression::UnaryOperator { unop, expression } => {
            Kind::Unary(operator(unop.token()), Box::new(expr(expression)))
        }
        ast::Expression::Function(it) => Kind::Function(Box::new(function(it.body()))),
        ast::Expression::FunctionCall(it) => return call(it),
        ast::Expression::IfExpression(it) => choice(it),
        ast::Expression::InterpolatedString(it) => {
            Kind::Woven(it.expressions().map(expr).collect())
        }
        ast::Expression::TableConstructor(it) => Kind::Table(entries(it)),
        ast::Expression::Number(token) => Kind::Number(token.token().to_string()),
        ast::Expression::String(token) => Kind::Text(literal(token)),
        ast::Expression::Symbol(token) => match token.token().to_string().as_str() {
            "nil" => Kind::Nil,
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            _ => Kind::Other,
        },
        ast::Expression::Var(it) => return var(it),
        _ => Kind::Other,
    };
    Expr { pos: at, kind }
}

fn choice(from: &ast::luau::IfExpression) -> Kind {
    let mut conditions = vec![expr(from.condition())];
    let mut values = vec![expr(from.if_expression())];
    for arm in from.else_if_expressions().into_iter().flatten() {
        conditions.push(expr(arm.condition()));
        values.push(expr(arm.expression()));
    }
    values.push(expr(from.else_expression()));
    Kind::Choice(conditions, values)
}

fn var(from: &Var) -> Expr {
    match from {
        Var::Expression(it) => chain(it.prefix(), it.suffixes()),
        Var::Name(token) => {
            let head = Head::Name(token.token().to_string());
            let chain = Chain { head, links: vec![] };
            Expr { pos: pos_of(token), kind: Kind::Chain(Box::new(chain)) }
        }
        _ => Expr { pos: Pos::default(), kind: Kind::Other },
    }
}

fn call(from: &ast::FunctionCall) -> Expr {
    chain(from.prefix(), from.suffixes())
}

fn chain<'a>(prefix: &Prefix, suffixes: impl Iterator<Item = &'a Suffix>) -> Expr {
    let at = prefix.start_position().map(pos).unwrap_or_default();
    let head = match prefix {
        Prefix::Name(token) => Head::Name(token.token().to_string()),
        Prefix::Expression(it) => Head::Expr(expr(it)),
        _ => Head::Expr(Expr { pos: at, kind: Kind::Other }),
    };
    let links = suffixes.filter_map(link).collect();
    Expr { pos: at, kind: Kind::Chain(Box::new(Chain { head, links })) }
}

fn link(from: &Suffix) -> Option<Link> {
    match from {
        Suffix::Index(Index::Dot { name, .. }) => Some(Link::Field(word(name))),
        Suffix::Index(Index::Brackets { expression, .. }) => {
            let key = expr(expression);
            Some(match key.text() {
                Some(text) => Link::Field(Word { text: text.to_owned(), pos: key.pos }),
                None => Link::Index(key),
            })
        }
        Suffix::Call(ast::Call::AnonymousCall(it)) => Some(Link::Call(args(it))),
        Suffix::Call(ast::Call::MethodCall(it)) => {
            Some(Link::Method(word(it.name()), args(it.args())))
        }
        _ => None,
    }
}

fn args(from: &ast::FunctionArgs) -> Vec<Expr> {
    match from {
        ast::FunctionArgs::Parentheses { arguments, .. } => {
            arguments.iter().map(expr).collect()
        }
        ast::FunctionArgs::String(token) => {
            vec![Expr { pos: pos_of(token), kind: Kind::Text(literal(token)) }]
        }
        ast::FunctionArgs::TableConstructor(it) => {
            let at = it.start_position().map(pos).unwrap_or_default();
            vec![Expr { pos: at, kind: Kind::Table(entries(it)) }]
        }
        _ => vec![],
    }
}

fn entries(from: &ast::TableConstructor) -> Vec<Entry> {
    from.fields()
        .iter()
        .map(|field| match field {
            ast::Field::NameKey { key, value, .. } => {
                Entry { key: Some(word(key)), computed: None, value: expr(value) }
            }
            ast::Field::ExpressionKey { key, value, .. } => {
                let key = expr(key);
                let value = expr(value);
                match key.text() {
                    Some(text) => {
                        let word = Word { text: text.to_owned(), pos: key.pos };
                        Entry { key: Some(word), computed: None, value }
                    }
                    None => Entry { key: None, computed: Some(key), value },
                }
            }
            ast::Field::NoKey(value) => {
                Entry { key: None, computed: None, value: expr(value) }
            }
            _ => Entry {
                key: None,
                computed: None,
                value: Expr { pos: Pos::default(), kind: Kind::Other },
            },
        })
        .collect()
}

fn function(from: &ast::FunctionBody) -> Function {
    let params = from
        .parameters()
        .iter()
        .filter_map(|parameter| match parameter {
            ast::Parameter::Name(token) => Some(word(token)),
            _ => None,
        })
        .collect();
    Function { params, body: block(from.block()), end: pos_of(from.end_token()) }
}

fn dotted(names: &[Word]) -> Expr {
    let at = names.first().map(|name| name.pos).unwrap_or_default();
    let head = names.first().map(|name| name.text.clone()).unwrap_or_default();
    let links = names.iter().skip(1).cloned().map(Link::Field).collect();
    let chain = Chain { head: Head::Name(head), links };
    Expr { pos: at, kind: Kind::Chain(Box::new(chain)) }
}

fn word(token: &TokenReference) -> Word {
    Word { text: token.token().to_string(), pos: pos_of(token) }
}

/// The content of a quoted text; escapes stay as written.
fn literal(token: &TokenReference) -> String {
    match token.token().token_type() {
        TokenType::StringLiteral { literal, .. } => literal.to_string(),
        _ => String::new(),
    }
}

fn operator(token: &TokenReference) -> &'static str {
    const KNOWN: &[&str] = &[
        "+", "-", "*", "/", "//", "%", "^", "..", "==", "~=", "<", "<=", ">", ">=",
        "and", "or", "not", "#",
    ];
    let written = token.token().to_string();
    KNOWN.iter().find(|it| **it == written).copied().unwrap_or("?")
}
