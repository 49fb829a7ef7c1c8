//! Names of people and places that do not exist (虚构姓名与地名).
//!
//! Given names are solar terms, crops and weather, so that nobody takes them
//! for a neighbor's. Telephone numbers begin with 154, which is given to no
//! network.

use super::rng::Rng;

/// The institution of every made-up book.
pub const INSTITUTION: &str = "青石县农村信用合作联社(虚构)";

const SURNAMES: &[&str] = &[
    "青", "石", "柳", "云", "江", "山", "白", "花", "松", "竹", "梅", "蓝", "金", "水",
    "田", "麦", "米", "牛", "马", "羊", "龙", "凤", "钟", "鼓", "文", "安", "康", "宁",
    "平", "和", "欧阳", "司徒", "上官", "东方", "南宫", "慕容",
];

const GIVEN: &[&str] = &[
    "立春", "雨水", "惊蛰", "春分", "清明", "谷雨", "立夏", "小满", "芒种", "夏至",
    "小暑", "大暑", "立秋", "处暑", "白露", "秋分", "寒露", "霜降", "立冬", "小雪",
    "大雪", "冬至", "小寒", "大寒", "麦穗", "稻花", "豆苗", "春泥", "秋实", "冬麦",
    "夏荷", "青禾", "石榴", "柿子", "山药", "南瓜", "芝麻", "高粱", "荞麦", "紫云",
    "朝霞", "晚风", "细雨", "初雪", "流萤", "百灵", "画眉", "喜鹊",
];

/// Branches and the villages of each; the area of two collectors.
pub(crate) const BRANCHES: &[(&str, [&str; 6])] = &[
    ("石桥信用社", ["石桥村", "柳树湾村", "上磨村", "下磨村", "水车村", "望月村"]),
    ("云溪信用社", ["云溪村", "青竹坪村", "桐花村", "雾岭村", "三棵松村", "泉眼村"]),
    ("白鹭信用社", ["白鹭村", "芦苇荡村", "渡口村", "渔歌村", "沙洲村", "菱角村"]),
    ("松岗信用社", ["松岗村", "鹰嘴崖村", "野栗坪村", "石鼓村", "回音谷村", "蜂场村"]),
    ("双井信用社", ["双井村", "老槐村", "豆腐坊村", "油坊村", "打谷场村", "晒酱村"]),
    ("枫林信用社", ["枫林村", "红叶村", "酸枣沟村", "鹿鸣村", "炭窑村", "风车村"]),
    ("桃源信用社", ["桃源村", "杏花村", "梨树坪村", "核桃村", "蜜柚村", "花椒村"]),
    ("长滩信用社", ["长滩村", "鹅卵石村", "水文站村", "摆渡村", "柳堤村", "荷塘村"]),
];

pub(crate) fn person(rng: &mut Rng) -> String {
    format!("{}{}", rng.pick(SURNAMES), rng.pick(GIVEN))
}

pub(crate) fn phone(rng: &mut Rng) -> String {
    format!("154{:08}", rng.throw(100_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_one_that_no_network_has() {
        let mut rng = Rng::of(1, "phones", 0);
        for _ in 0..1000 {
            let phone = phone(&mut rng);
            assert!(phone.starts_with("154") && phone.len() == 11, "{phone}");
        }
    }

    #[test]
    fn every_village_has_a_name_of_its_own() {
        let mut villages: Vec<&str> =
            BRANCHES.iter().flat_map(|branch| branch.1).collect();
        let all = villages.len();
        villages.sort_unstable();
        villages.dedup();
        assert_eq!(villages.len(), all);
    }
}
