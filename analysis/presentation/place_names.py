"""What places are called in both languages: the regions, provinces and larger cities of China from a list, countries
from the Unicode CLDR. A place that is not here stays as the data write it.
"""

from collections.abc import Mapping
from functools import cache

from babel import Locale

from analysis.presentation.language import Text

_CHINESE = "zh_Hans_CN"
_REGIONS = {
    "华东": "East China", "华南": "South China", "华北": "North China", "华中": "Central China",
    "西南": "Southwest China", "西北": "Northwest China", "东北": "Northeast China", "其他": "other",
}  # fmt: skip
_PROVINCES = {
    "河北": "Hebei", "山西": "Shanxi", "辽宁": "Liaoning", "吉林": "Jilin", "黑龙江": "Heilongjiang", "江苏": "Jiangsu",
    "浙江": "Zhejiang", "安徽": "Anhui", "福建": "Fujian", "江西": "Jiangxi", "山东": "Shandong", "河南": "Henan",
    "湖北": "Hubei", "湖南": "Hunan", "广东": "Guangdong", "广西": "Guangxi", "海南": "Hainan", "四川": "Sichuan",
    "贵州": "Guizhou", "云南": "Yunnan", "陕西": "Shaanxi", "甘肃": "Gansu", "青海": "Qinghai", "台湾": "Taiwan",
    "内蒙古": "Inner Mongolia", "西藏": "Tibet", "宁夏": "Ningxia", "新疆": "Xinjiang", "香港": "Hong Kong",
    "澳门": "Macao",
}  # fmt: skip
_CITIES = {
    "北京": "Beijing", "上海": "Shanghai", "天津": "Tianjin", "重庆": "Chongqing", "广州": "Guangzhou",
    "深圳": "Shenzhen", "佛山": "Foshan", "东莞": "Dongguan", "珠海": "Zhuhai", "福州": "Fuzhou", "厦门": "Xiamen",
    "泉州": "Quanzhou", "南京": "Nanjing", "苏州": "Suzhou", "无锡": "Wuxi", "常州": "Changzhou", "南通": "Nantong",
    "徐州": "Xuzhou", "杭州": "Hangzhou", "宁波": "Ningbo", "温州": "Wenzhou", "合肥": "Hefei", "南昌": "Nanchang",
    "济南": "Jinan", "青岛": "Qingdao", "烟台": "Yantai", "临沂": "Linyi", "潍坊": "Weifang", "石家庄": "Shijiazhuang",
    "唐山": "Tangshan", "太原": "Taiyuan", "呼和浩特": "Hohhot", "郑州": "Zhengzhou", "洛阳": "Luoyang",
    "武汉": "Wuhan", "长沙": "Changsha", "南宁": "Nanning", "海口": "Haikou", "三亚": "Sanya", "儋州": "Danzhou",
    "成都": "Chengdu", "昆明": "Kunming", "贵阳": "Guiyang", "拉萨": "Lhasa", "西安": "Xi'an", "兰州": "Lanzhou",
    "西宁": "Xining", "银川": "Yinchuan", "乌鲁木齐": "Urumqi", "沈阳": "Shenyang", "大连": "Dalian",
    "长春": "Changchun", "哈尔滨": "Harbin", "香港島": "Hong Kong Island", "九龍": "Kowloon", "新界": "New Territories",
}  # fmt: skip


@cache
def place_names() -> Mapping[str, Text]:
    """A place as the data may write it, in small letters → its name in both languages."""
    known: dict[str, Text] = {}
    for names, ending in ((_REGIONS, ""), (_PROVINCES, "省"), (_CITIES, "市")):
        for chinese, english in names.items():
            known |= {english.lower(): {"en": english, "zh": chinese}, chinese: {"en": english, "zh": chinese}}
            known |= {chinese + ending: {"en": english, "zh": chinese + ending}}
    return _countries() | known


def _countries() -> dict[str, Text]:
    english, chinese = (Locale.parse(name).territories for name in ("en", _CHINESE))
    names = [(english[code], chinese[code]) for code in english if len(str(code)) == 2 and code in chinese]
    return {key: {"en": en, "zh": zh} for en, zh in names for key in (en.lower(), zh)}
