"""What segments are called: codes as they stand, known values and bilingual names in the reader's language."""

import pytest

from analysis.presentation.naming import segment_name

PRODUCTS = {"P1": "1.5 HP inverter air conditioner 1.5匹变频空调", "P2": "电饭煲", "P3": "X200", "P4": "Robot 3000 Pro",
            "P5": "65-inch 4K TV 65英寸4K电视", "P6": "Robot cleaner 扫地机器人 X200"}  # fmt: skip


@pytest.mark.parametrize(
    ("product", "en", "zh"),
    [
        ("P1", "1.5 HP inverter air conditioner", "1.5匹变频空调"),
        ("P2", "电饭煲", "电饭煲"),
        ("P3", "X200", "X200"),
        ("P4", "Robot 3000 Pro", "Robot 3000 Pro"),
        ("P5", "65-inch 4K TV", "65英寸4K电视"),
        ("P6", "Robot cleaner 扫地机器人 X200", "Robot cleaner 扫地机器人 X200"),
        ("P9", "P9", "P9"),
    ],
)
def test_a_product_is_told_by_the_half_of_its_name_that_the_reader_reads(product, en, zh):
    assert segment_name("product_id", product, products=PRODUCTS) == {"en": en, "zh": zh}


def test_values_of_the_data_model_have_words_and_codes_stand_as_they_are():
    assert segment_name("service_mode", "onsite") == {"en": "on site", "zh": "上门"}
    assert segment_name("fault_code", "AC-E03") == {"en": "AC-E03", "zh": "AC-E03"}
