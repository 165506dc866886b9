//! What can keep a policy set from being compiled.

/// The graph would pass a limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Too many nodes.
    #[error(
        "the policies compile to more than {0} nodes; split the set, share conditions with `define`, or raise the limit `nodes`"
    )]
    TooManyNodes(u32),
    /// Too much work: definitions are written out again wherever they are used in another way.
    #[error(
        "compiling policy `{0}` takes more than {1} steps; shorten the chain of definitions that use each other twice"
    )]
    TooMuchWork(String, u32),
    /// Lists inside lists too deeply.
    #[error("policy `{0}` asks about lists inside lists more than {1} deep")]
    TooDeep(String, u8),
}
