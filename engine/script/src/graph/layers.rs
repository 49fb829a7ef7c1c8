//! Where the boxes of a picture stand (分层): rows from top to bottom.

use std::collections::BTreeMap;

use super::Picture;

/// The rows, each with the positions of its boxes in [`Picture::nodes`].
///
/// A box stands one row below the boxes that lead to it; arrows that lead
/// back to an earlier box do not count. Within a row, boxes stand near the
/// boxes above that lead to them.
pub(crate) fn rows(picture: &Picture) -> Vec<Vec<usize>> {
    let count = picture.nodes.len();
    let at: BTreeMap<&str, usize> =
        picture.nodes.iter().enumerate().map(|(i, it)| (it.key.as_str(), i)).collect();
    let mut ways: Vec<Vec<usize>> = vec![vec![]; count];
    for arrow in &picture.arrows {
        if let (Some(from), Some(to)) = (at.get(&*arrow.from), at.get(&*arrow.to)) {
            ways[*from].push(*to);
        }
    }
    let forward = without_backward(&ways);
    let depth = depths(&forward);
    let mut rows = vec![vec![]; depth.iter().max().map_or(0, |it| it + 1)];
    for (node, row) in depth.iter().enumerate() {
        rows[*row].push(node);
    }
    for below in 1..rows.len() {
        let above = rows[below - 1].clone();
        let place = |node: usize| {
            let over: Vec<usize> = above
                .iter()
                .enumerate()
                .filter(|(_, it)| forward[**it].contains(&node))
                .map(|(place, _)| place)
                .collect();
            // The mean, in hundredths of a place; boxes without a parent last.
            over.iter().sum::<usize>().checked_mul(100).map_or(usize::MAX, |sum| {
                sum.checked_div(over.len()).unwrap_or(usize::MAX)
            })
        };
        rows[below].sort_by_key(|row| (place(*row), *row));
    }
    rows
}

/// The ways without those that close a circle.
fn without_backward(ways: &[Vec<usize>]) -> Vec<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut mark = vec![Mark::New; ways.len()];
    let mut forward: Vec<Vec<usize>> = vec![vec![]; ways.len()];
    for root in 0..ways.len() {
        if mark[root] != Mark::New {
            continue;
        }
        mark[root] = Mark::Open;
        // A stack of its own: workflows may have thousands of stages.
        let mut stack = vec![(root, 0)];
        while let Some((node, next)) = stack.pop() {
            let Some(&to) = ways[node].get(next) else {
                mark[node] = Mark::Done;
                continue;
            };
            stack.push((node, next + 1));
            if mark[to] == Mark::Open {
                continue;
            }
            forward[node].push(to);
            if mark[to] == Mark::New {
                mark[to] = Mark::Open;
                stack.push((to, 0));
            }
        }
    }
    forward
}

/// The length of the longest way to each box.
fn depths(forward: &[Vec<usize>]) -> Vec<usize> {
    let mut before = vec![0; forward.len()];
    for to in forward.iter().flatten() {
        before[*to] += 1;
    }
    let mut ready: Vec<usize> =
        (0..forward.len()).filter(|it| before[*it] == 0).collect();
    let mut depth = vec![0; forward.len()];
    while let Some(node) = ready.pop() {
        for to in &forward[node] {
            depth[*to] = depth[*to].max(depth[node] + 1);
            before[*to] -= 1;
            if before[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    depth
}
